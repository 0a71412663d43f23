#include "crawler/run_log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include "concurrency/mutex.h"
#include "concurrency/throw_errno.h"

namespace weir {

struct RunLog::State {
  explicit State(std::string file) : path(std::move(file)) {}

  const std::string path;
  concurrency::Mutex mutex;
  std::shared_ptr<spdlog::logger> logger GUARDED_BY(mutex);

  std::shared_ptr<spdlog::logger> current() {
    concurrency::MutexLock lock(mutex);
    return logger;
  }
};

namespace {

std::shared_ptr<spdlog::logger> open(const std::string& path) {
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
    auto logger = std::make_shared<spdlog::logger>("weir", std::move(sink));
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l [%t] %v");
    logger->flush_on(spdlog::level::warn);
    logger->set_error_handler([](const std::string&) {});  // a full disk is told by the store
    return logger;
  } catch (const spdlog::spdlog_ex& error) {
    concurrency::throw_errno(error.what());
  }
}

}  // namespace

RunLog::RunLog(std::string path) : state_(std::make_unique<State>(std::move(path))) { reopen(); }

RunLog::~RunLog() = default;

void RunLog::line(const std::string& text) {
  const auto logger = state_->current();
  const auto level = text.starts_with("warning: ") ? spdlog::level::warn
                     : text.starts_with("error: ") ? spdlog::level::err
                                                   : spdlog::level::info;
  const std::size_t skip = level == spdlog::level::info ? 0 : text.find(' ') + 1;
  logger->log(level, "{}", std::string_view(text).substr(skip));
}

void RunLog::flush() { state_->current()->flush(); }

void RunLog::reopen() {
  auto fresh = open(state_->path);
  concurrency::MutexLock lock(state_->mutex);
  if (state_->logger) state_->logger->flush();
  state_->logger = std::move(fresh);
}

}  // namespace weir

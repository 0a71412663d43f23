#include "fetch/baseline.h"

#include <curl/curl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace weir::fetch {
namespace {

struct Bare {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  CURLM* multi = curl_multi_init();
  long timeout_ms = -1;
  std::chrono::steady_clock::time_point timeout_at{};
};

std::size_t drop(char*, std::size_t one, std::size_t size, void*) { return one * size; }

int on_socket(CURL*, curl_socket_t fd, int what, void* self, void* known) {
  auto& bare = *static_cast<Bare*>(self);
  epoll_event event{};
  event.data.fd = fd;
  event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(bare.epoll, EPOLL_CTL_DEL, fd, nullptr);
  } else if (known == nullptr) {
    curl_multi_assign(bare.multi, fd, self);
    epoll_ctl(bare.epoll, EPOLL_CTL_ADD, fd, &event);
  } else {
    epoll_ctl(bare.epoll, EPOLL_CTL_MOD, fd, &event);
  }
  return 0;
}

int on_timer(CURLM*, long ms, void* self) {
  auto& bare = *static_cast<Bare*>(self);
  bare.timeout_ms = ms;
  bare.timeout_at = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  return 0;
}

int wait_ms(const Bare& bare) {
  if (bare.timeout_ms <= 0) return static_cast<int>(bare.timeout_ms);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(bare.timeout_at -
                                                                 std::chrono::steady_clock::now());
  return static_cast<int>(std::max<long>(0, left.count()));
}

}  // namespace

std::size_t fetch_bare(const std::string& url, std::size_t count, std::size_t parallel) {
  Bare bare;
  curl_multi_setopt(bare.multi, CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(bare.multi, CURLMOPT_SOCKETDATA, &bare);
  curl_multi_setopt(bare.multi, CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(bare.multi, CURLMOPT_TIMERDATA, &bare);
  std::vector<CURL*> handles;
  std::size_t started = 0, ended = 0, good = 0;
  for (; started < std::min(count, parallel); ++started) {
    CURL* const easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &drop);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 64 * 1024L);
    handles.push_back(easy);
    curl_multi_add_handle(bare.multi, easy);
  }
  std::vector<epoll_event> events(128);
  while (ended < count) {
    const int n =
        epoll_wait(bare.epoll, events.data(), static_cast<int>(events.size()), wait_ms(bare));
    int running = 0;
    for (int i = 0; i < n; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      const int bits = (event.events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                       (event.events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                       (event.events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
      curl_multi_socket_action(bare.multi, event.data.fd, bits, &running);
    }
    if (bare.timeout_ms >= 0 && std::chrono::steady_clock::now() >= bare.timeout_at) {
      bare.timeout_ms = -1;
      curl_multi_socket_action(bare.multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    int left = 0;
    while (CURLMsg* const message = curl_multi_info_read(bare.multi, &left)) {
      CURL* const easy = message->easy_handle;
      long status = 0;
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      if (message->data.result == CURLE_OK && status == 200) ++good;
      ++ended;
      curl_multi_remove_handle(bare.multi, easy);
      if (started < count) {
        ++started;
        curl_multi_add_handle(bare.multi, easy);
      }
    }
  }
  for (CURL* const easy : handles) curl_easy_cleanup(easy);
  curl_multi_cleanup(bare.multi);
  close(bare.epoll);
  return good;
}

struct DefaultCurl::State {
  CURL* easy = curl_easy_init();
  ~State() { curl_easy_cleanup(easy); }
};

DefaultCurl::DefaultCurl(const std::string& ca_file) : state_(std::make_unique<State>()) {
  curl_easy_setopt(state_->easy, CURLOPT_CAINFO, ca_file.c_str());
  curl_easy_setopt(state_->easy, CURLOPT_WRITEFUNCTION, &drop);
}

DefaultCurl::~DefaultCurl() = default;

std::size_t DefaultCurl::fetch(const std::string& url, std::size_t count) {
  std::size_t good = 0;
  curl_easy_setopt(state_->easy, CURLOPT_URL, url.c_str());
  for (std::size_t i = 0; i < count; ++i) {
    long status = 0;
    if (curl_easy_perform(state_->easy) != CURLE_OK) continue;
    curl_easy_getinfo(state_->easy, CURLINFO_RESPONSE_CODE, &status);
    good += status == 200;
  }
  return good;
}

}  // namespace weir::fetch

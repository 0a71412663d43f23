// What transfers share beside their connections: TLS sessions, and one cookie jar per file.
//
//   Shares shares;
//   curl_easy_setopt(easy, CURLOPT_SHARE, shares.with_jar("cookies.txt"));
//   shares.save();
//
// A jar is a Netscape cookie file: read when it is first named, written by save() and at the end.
//
// Thread-safe. Outlives the handles that use it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "concurrency/mutex.h"
#include "fetch/curl_handles.h"

namespace weir::fetch {

class Shares {
 public:
  Shares();
  ~Shares();
  Shares(const Shares&) = delete;
  Shares& operator=(const Shares&) = delete;

  CURLSH* plain() const noexcept;
  // A file that does not exist yet is an empty jar.
  CURLSH* with_jar(const std::string& file);
  // Writes every jar. A file that cannot be written is left alone.
  void save() noexcept;

 private:
  class Share;
  std::unique_ptr<Share> plain_;
  concurrency::Mutex mutex_{"fetch shares"};
  std::map<std::string, std::unique_ptr<Share>> jars_ GUARDED_BY(mutex_);
};

}  // namespace weir::fetch

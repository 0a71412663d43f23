// The objects in a ManagerServer, and the words of its messages. Private to the manager_*.cc.
//
// A request is a list: the id of an object (0: the server), a method, its arguments. A reply is a
// list of two: "ok" and the result, or a kind of error and its text. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "concurrency/manager_server.h"
#include "concurrency/shared_value.h"

namespace weir::concurrency {

// What an error is called on the way; any other reaches the caller as RemoteError.
inline constexpr char kOk[] = "ok", kOutOfRange[] = "out of range", kInvalid[] = "invalid argument",
                      kTooLong[] = "too long", kNotExposed[] = "not exposed", kFailed[] = "failed",
                      kWrongToken[] = "wrong token";

struct NotExposed : std::runtime_error {
  explicit NotExposed(const std::string& method)
      : std::runtime_error("'" + method + "' is not a method that may be called") {}
};

class ManagedObject : public SharedObject {
 public:
  explicit ManagedObject(std::uint64_t id) : id_(id) {}
  std::uint64_t id() const noexcept override { return id_; }
  // Throws NotExposed, std::invalid_argument for wrong arguments, and what the method throws.
  virtual Value call(const std::string& method, const Value::List& arguments) = 0;
  virtual int fd() const { return -1; }  // goes along with each answer
  virtual void clear() {}                // lets go of other objects

 private:
  const std::uint64_t id_;
};

std::shared_ptr<ManagedObject> make_shared_dict(std::uint64_t id, Value::Dict initial);
std::shared_ptr<ManagedObject> make_shared_list(std::uint64_t id, Value::List initial);
std::shared_ptr<ManagedObject> make_shared_numbers(std::uint64_t id, std::int64_t count);
std::shared_ptr<ManagedObject> make_published(std::uint64_t id, ManagerMethods methods);

}  // namespace weir::concurrency

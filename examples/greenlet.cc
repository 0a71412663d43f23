// Rows: T01 T02 T03. Two functions with stacks of their own switch to each other and pass values;
// then a fiber turns a callback that is pushed chunks into a reader that asks for them.
#include <any>
#include <string>
#include <vector>

#include "concurrency/fiber.h"
#include "examples/check.h"

using weir::concurrency::Fiber;

std::vector<std::string> lines;
void say(const std::string& line) {
  std::puts(line.c_str());
  lines.push_back(line);
}

// Called for each chunk by something that we do not control (a download's write callback).
void download(Fiber& reader) {
  for (const char* chunk : {"one\ntw", "o\nthr", "ee\n"}) reader.switch_to(std::string(chunk));
}

int main() {
  std::puts("Rows: T01 T02 T03");
  Fiber* second = nullptr;
  Fiber task1([&](std::any name) -> std::any {
    say(std::any_cast<std::string>(name) + " task1 run1");
    second->switch_to(name);
    say("task1 run2");
    second->switch_to();
    return {};
  });
  Fiber task2([&](std::any name) -> std::any {
    say(std::any_cast<std::string>(name) + " task2 run1");
    task1.switch_to();
    say("task2 run2");
    return {};
  });
  second = &task2;
  task1.switch_to(std::string("jerry"));
  require(lines == std::vector<std::string>{"jerry task1 run1", "jerry task2 run1", "task1 run2",
                                            "task2 run2"},
          "four lines, in this order");
  require(task2.dead() && !task1.dead(),
          "task2 has ended and control fell to its parent; task1 stays suspended");

  std::vector<std::string> words;
  Fiber reader([&](std::any chunk) -> std::any {
    for (std::string word;;) {
      for (char c : std::any_cast<std::string>(chunk)) {
        if (c != '\n') {
          word += c;
          continue;
        }
        words.push_back(std::move(word));
        word.clear();
      }
      chunk = Fiber::current().parent()->switch_to();  // "read the next chunk"
    }
  });
  download(reader);
  require(words == std::vector<std::string>{"one", "two", "three"},
          "the pushed chunks were read as if asked for");
}

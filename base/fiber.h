#pragma once

// A fiber: a function with a stack of its own that runs on the caller's thread and can be
// suspended in the middle. When the function returns, the fiber is free for the next one.
//
//   Fiber fiber;
//   fiber.Start([&] { First(); fiber.Suspend(); Second(); });
//   fiber.Resume();  // runs First
//   fiber.Resume();  // runs Second
//
// Built on ucontext, with the annotations that the address and thread sanitizers ask for. A guard
// page below the stack turns an overflow into a fault instead of damage.
//
// Threads: all calls from the one that created it. Never moves to another thread and never throws.

#include <ucontext.h>

#include <cstddef>
#include <functional>

namespace cordwood {

class Fiber {
 public:
  Fiber();
  /// REQUIRES: free().
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Only prepares `body`. REQUIRES: free().
  void Start(std::function<void()> body);

  /// Runs the body until it suspends or returns. Not from inside a fiber.
  void Resume();

  /// Back to the caller of Resume. Only from inside the body.
  void Suspend();

  bool free() const { return body_ == nullptr; }
  bool running() const { return running_; }

 private:
  static void Entry(unsigned high, unsigned low);
  [[noreturn]] void Run();
  void SwitchIn();
  void SwitchOut(bool for_ever);

  std::function<void()> body_;
  bool running_ = false;
  bool exiting_ = false;

  char* mapping_ = nullptr;  // guard page, then the stack
  ucontext_t inner_ = {};
  ucontext_t outer_ = {};

  // What the sanitizers keep about each side; unused without them.
  [[maybe_unused]] void* inner_fake_stack_ = nullptr;
  [[maybe_unused]] void* outer_fake_stack_ = nullptr;
  [[maybe_unused]] const void* outer_stack_bottom_ = nullptr;
  [[maybe_unused]] size_t outer_stack_bytes_ = 0;
  [[maybe_unused]] void* inner_tsan_ = nullptr;
  [[maybe_unused]] void* outer_tsan_ = nullptr;
};

}  // namespace cordwood

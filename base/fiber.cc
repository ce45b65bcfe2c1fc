#include "base/fiber.h"

#include <sys/mman.h>

#include <cstdint>
#include <utility>

#include "base/check.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CORDWOOD_ASAN
#endif
#if __has_feature(thread_sanitizer)
#define CORDWOOD_TSAN
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define CORDWOOD_ASAN
#endif
#if defined(__SANITIZE_THREAD__)
#define CORDWOOD_TSAN
#endif

#ifdef CORDWOOD_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef CORDWOOD_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace cordwood {

namespace {

constexpr size_t kGuardBytes = 4096;
// Instrumented frames are several times larger. The pages cost nothing before they are touched.
#if defined(CORDWOOD_ASAN) || defined(CORDWOOD_TSAN)
constexpr size_t kStackBytes = 1 << 20;
#else
constexpr size_t kStackBytes = 256 << 10;
#endif

}  // namespace

Fiber::Fiber() {
  void* mapping = mmap(nullptr, kGuardBytes + kStackBytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(mapping != MAP_FAILED);
  mapping_ = static_cast<char*>(mapping);
  CHECK(mprotect(mapping_, kGuardBytes, PROT_NONE) == 0);
  CHECK(getcontext(&inner_) == 0);
  inner_.uc_stack.ss_sp = mapping_ + kGuardBytes;
  inner_.uc_stack.ss_size = kStackBytes;
  inner_.uc_link = nullptr;
  // makecontext passes ints only, so the pointer travels in two halves.
  const auto self = reinterpret_cast<uintptr_t>(this);
  makecontext(&inner_, reinterpret_cast<void (*)()>(&Fiber::Entry), 2,
              static_cast<unsigned>(self >> 32), static_cast<unsigned>(self));
  // makecontext has used the bounds. Left in place, they would make the address sanitizer forget
  // the frames of the whole stack at every switch.
  inner_.uc_stack.ss_size = 0;
#ifdef CORDWOOD_TSAN
  inner_tsan_ = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
  CHECK(free() && !running_);
  // The last switch lets the sanitizer drop what it keeps for the stack.
  exiting_ = true;
  SwitchIn();
#ifdef CORDWOOD_TSAN
  __tsan_destroy_fiber(inner_tsan_);
#endif
  munmap(mapping_, kGuardBytes + kStackBytes);
}

void Fiber::Start(std::function<void()> body) {
  CHECK(free() && body != nullptr);
  body_ = std::move(body);
}

void Fiber::Resume() {
  CHECK(!free() && !running_);
  SwitchIn();
}

void Fiber::Suspend() {
  CHECK(running_);
  SwitchOut(false);
}

void Fiber::Entry(unsigned high, unsigned low) {
  const uintptr_t self = (static_cast<uintptr_t>(high) << 32) | low;
  reinterpret_cast<Fiber*>(self)->Run();
}

void Fiber::Run() {
#ifdef CORDWOOD_ASAN
  __sanitizer_finish_switch_fiber(nullptr, &outer_stack_bottom_, &outer_stack_bytes_);
#endif
  while (!exiting_) {
    body_();
    body_ = nullptr;
    SwitchOut(false);
  }
  SwitchOut(true);
  CHECK(false);
  __builtin_unreachable();
}

void Fiber::SwitchIn() {
  running_ = true;
#ifdef CORDWOOD_ASAN
  __sanitizer_start_switch_fiber(&outer_fake_stack_, mapping_ + kGuardBytes, kStackBytes);
#endif
#ifdef CORDWOOD_TSAN
  outer_tsan_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(inner_tsan_, 0);
#endif
  CHECK(swapcontext(&outer_, &inner_) == 0);
#ifdef CORDWOOD_ASAN
  __sanitizer_finish_switch_fiber(outer_fake_stack_, nullptr, nullptr);
#endif
  running_ = false;
}

void Fiber::SwitchOut([[maybe_unused]] bool for_ever) {
#ifdef CORDWOOD_ASAN
  __sanitizer_start_switch_fiber(for_ever ? nullptr : &inner_fake_stack_, outer_stack_bottom_,
                                 outer_stack_bytes_);
#endif
#ifdef CORDWOOD_TSAN
  __tsan_switch_to_fiber(outer_tsan_, 0);
#endif
  CHECK(swapcontext(&inner_, &outer_) == 0);
#ifdef CORDWOOD_ASAN
  __sanitizer_finish_switch_fiber(inner_fake_stack_, &outer_stack_bottom_, &outer_stack_bytes_);
#endif
}

}  // namespace cordwood

#include "tests/support/heap_meter.h"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<uint64_t> bytes_now = 0;
std::atomic<uint64_t> bytes_peak = 0;

void* Counted(void* memory) {
  if (memory == nullptr) std::abort();
  const uint64_t now = bytes_now.fetch_add(malloc_usable_size(memory)) + malloc_usable_size(memory);
  uint64_t peak = bytes_peak.load();
  while (now > peak && !bytes_peak.compare_exchange_weak(peak, now)) {
  }
  return memory;
}

void Free(void* memory) {
  bytes_now.fetch_sub(malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

// All of them: those that a sanitizer has for the others do not lead to the plain ones.
void* operator new(size_t size) { return Counted(std::malloc(std::max<size_t>(size, 1))); }
void* operator new(size_t size, std::align_val_t alignment) {
  const auto unit = static_cast<size_t>(alignment);
  return Counted(std::aligned_alloc(unit, (size + unit - 1) / unit * unit));
}
void* operator new(size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return operator new(size);
}
void* operator new(size_t size, std::align_val_t alignment,
                   const std::nothrow_t& /*tag*/) noexcept {
  return operator new(size, alignment);
}
void* operator new[](size_t size) { return operator new(size); }
void* operator new[](size_t size, std::align_val_t alignment) {
  return operator new(size, alignment);
}
void* operator new[](size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return operator new(size);
}
void* operator new[](size_t size, std::align_val_t alignment,
                     const std::nothrow_t& /*tag*/) noexcept {
  return operator new(size, alignment);
}

void operator delete(void* memory) noexcept { Free(memory); }
void operator delete(void* memory, size_t /*size*/) noexcept { Free(memory); }
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept { Free(memory); }
void operator delete(void* memory, size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
  Free(memory);
}
void operator delete(void* memory, const std::nothrow_t& /*tag*/) noexcept { Free(memory); }
void operator delete(void* memory, std::align_val_t /*alignment*/,
                     const std::nothrow_t& /*tag*/) noexcept {
  Free(memory);
}
void operator delete[](void* memory) noexcept { Free(memory); }
void operator delete[](void* memory, size_t /*size*/) noexcept { Free(memory); }
void operator delete[](void* memory, std::align_val_t /*alignment*/) noexcept { Free(memory); }
void operator delete[](void* memory, size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
  Free(memory);
}
void operator delete[](void* memory, const std::nothrow_t& /*tag*/) noexcept { Free(memory); }
void operator delete[](void* memory, std::align_val_t /*alignment*/,
                       const std::nothrow_t& /*tag*/) noexcept {
  Free(memory);
}

namespace cordwood::support {

uint64_t HeapBytes() { return bytes_now.load(); }
uint64_t HeapPeak() { return bytes_peak.load(); }
void ResetHeapPeak() { bytes_peak.store(bytes_now.load()); }

}  // namespace cordwood::support

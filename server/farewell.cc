#include "server/farewell.h"

#include <utility>

namespace cordwood::server {

bool Farewell::IsOver(uint64_t left_bytes, uint64_t sent_bytes, uint64_t now_ns) {
  if (!std::exchange(began_, true)) began_ns_ = taken_ns_ = now_ns;
  // There is more to send when a long reply goes on, but only after some of it was taken.
  if (left_bytes < left_bytes_ || sent_bytes > sent_bytes_) taken_ns_ = now_ns;
  left_bytes_ = left_bytes;
  sent_bytes_ = sent_bytes;
  return left_bytes == 0 || now_ns - began_ns_ >= kFarewellNs ||
         now_ns - taken_ns_ >= kFarewellStalledNs;
}

}  // namespace cordwood::server

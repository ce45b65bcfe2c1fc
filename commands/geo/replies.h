#pragma once

// How positions are replied.
//
// Threads: any; no state.

#include "base/number.h"
#include "commands/geo/geohash.h"
#include "protocol/reply_writer.h"

namespace cordwood::commands::geo {

/// A pair, with all digits.
inline void ReplyPosition(const Position& position, protocol::ReplyWriter& reply) {
  reply.ArrayHeader(2);
  reply.DoubleText(FormatLongDouble(position.longitude));
  reply.DoubleText(FormatLongDouble(position.latitude));
}

}  // namespace cordwood::commands::geo

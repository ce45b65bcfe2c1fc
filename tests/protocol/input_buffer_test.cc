#include "protocol/input_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/random.h"
#include "tests/support/seeds.h"

namespace cordwood::protocol {
namespace {

void Append(InputBuffer& buffer, std::string_view bytes, size_t known_size = 0) {
  // The block that the bytes leave is not looked at again.
  static_cast<void>(buffer.MakeRoom(bytes.size(), known_size));
  std::ranges::copy(bytes, buffer.writable().begin());
  buffer.Commit(bytes.size());
}

TEST(InputBuffer, HoldsWhatWasAppendedAndNotConsumed) {
  for (const uint64_t seed : support::Seeds(50, 2'000)) {
    SCOPED_TRACE("CORDWOOD_SEED=" + std::to_string(seed));
    Random random(seed);
    InputBuffer buffer;
    std::string model;
    for (int step = 0; step < 300; ++step) {
      const std::string bytes(random.Below(random.OneIn(20) ? 100'000 : 500),
                              static_cast<char>('a' + step % 26));
      Append(buffer, bytes, random.Below(2) * random.Below(200'000));
      model += bytes;
      const size_t consumed = random.OneIn(3) ? model.size() : random.Below(model.size() + 1);
      buffer.Consume(consumed);
      model.erase(0, consumed);
      if (random.OneIn(30)) buffer.ReleaseIfEmpty();
      ASSERT_EQ(buffer.unconsumed(), model);
    }
  }
}

TEST(InputBuffer, KeepsItsBytesInPlaceWhileThereIsRoom) {
  InputBuffer buffer;
  Append(buffer, std::string(1000, 'a'));
  EXPECT_NE(buffer.MakeRoom(1000, 0), nullptr);
  const char* const before = buffer.data();
  EXPECT_EQ(buffer.MakeRoom(500, 0), nullptr);
  EXPECT_EQ(buffer.data(), before);
}

TEST(InputBuffer, GrowsGeometricallyAndStopsAtTheKnownSize) {
  constexpr size_t kKnown = 1'000'000;
  InputBuffer buffer;
  int moves = 0;
  const std::string segment(1000, 'a');
  for (size_t size = 0; size < kKnown; size += segment.size()) {
    if (buffer.MakeRoom(segment.size(), kKnown) != nullptr) ++moves;
    std::ranges::copy(segment, buffer.writable().begin());
    buffer.Commit(segment.size());
    EXPECT_LE(buffer.capacity(), std::min(kKnown, 2 * (size + segment.size())));
  }
  EXPECT_LE(moves, 11);
  EXPECT_EQ(buffer.capacity(), kKnown);
}

TEST(InputBuffer, ReleasesOnlyWhenEmpty) {
  InputBuffer buffer;
  Append(buffer, "ab");
  buffer.Consume(1);
  buffer.ReleaseIfEmpty();
  EXPECT_EQ(buffer.unconsumed(), "b");
  buffer.Consume(1);
  buffer.ReleaseIfEmpty();
  EXPECT_EQ(buffer.capacity(), 0U);
}

}  // namespace
}  // namespace cordwood::protocol

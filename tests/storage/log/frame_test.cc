#include "storage/log/frame.h"

#include <gtest/gtest.h>

#include <span>
#include <string>

#include "base/coding.h"
#include "base/hash.h"

namespace cordwood::storage {
namespace {

SegmentHeader SomeHeader() {
  return {.number = 12,
          .ordinal = 5,
          .salt = 0x1122334455667788,
          .store_id = 99,
          .predecessor = 11,
          .cut = 8192,
          .cut_seq = 40,
          .known_synced = 41,
          .bytes = 65536};
}

std::string EncodedHeader() {
  std::string sector(kLogAlign, 'x');
  EncodeSegmentHeader(SomeHeader(), sector);
  return sector;
}

FrameHeader SomeFrame(std::string_view payload) {
  return {.kind = FrameKind::kGroup,
          .salt = 7,
          .first_seq = 100,
          .known_synced = 99,
          .payload_bytes = payload.size(),
          .op_count = 3,
          .stream = {.id = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20},
                     .offset = 0x1122334455667788}};
}

std::string EncodedFrame(const FrameHeader& header, uint64_t offset, std::string_view payload) {
  std::string frame(FrameBytes(payload.size()), '\0');
  EncodeFrameHeader(header, offset, payload, std::span(frame).first(kFrameHeaderBytes));
  frame.replace(kFrameHeaderBytes, payload.size(), payload);
  return frame;
}

bool Decodes(std::string_view frame, uint64_t offset) {
  const auto header = PeekFrameHeader(frame, frame.size());
  if (!header || FrameBytes(header->payload_bytes) > frame.size()) return false;
  return FrameIsValid(*header, offset, frame.substr(0, FrameBytes(header->payload_bytes)));
}

TEST(SegmentHeader, ReadsBackWhatWasWritten) {
  const Result<SegmentHeader> header = DecodeSegmentHeader(EncodedHeader());
  ASSERT_TRUE(header);
  EXPECT_EQ(*header, SomeHeader());
}

TEST(SegmentHeader, HasTheBytesOfTheSpecification) {
  const std::string sector = EncodedHeader();
  EXPECT_EQ(sector.substr(0, 8), "CWLOGSEG");
  EXPECT_EQ(LoadFixed<uint32_t>(sector.data() + 16), 3u);
  EXPECT_EQ(LoadFixed<uint64_t>(sector.data() + 24), 12u);
  EXPECT_EQ(LoadFixed<uint64_t>(sector.data() + 40), 0x1122334455667788u);
  EXPECT_EQ(LoadFixed<uint64_t>(sector.data() + 80), 41u);
  EXPECT_EQ(LoadFixed<uint64_t>(sector.data() + 8), Hash64(std::string_view(sector).substr(16)));
}

TEST(SegmentHeader, RefusesEveryChangedByte) {
  const std::string good = EncodedHeader();
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    const Result<SegmentHeader> header = DecodeSegmentHeader(bad);
    ASSERT_FALSE(header) << i;
    EXPECT_EQ(header.error().code(), ErrorCode::kCorruption) << i;
  }
}

TEST(SegmentHeader, TellsAnotherVersionFromDamage) {
  for (const uint32_t version : {2u, 4u}) {
    std::string sector = EncodedHeader();
    StoreFixed(sector.data() + 16, version);
    StoreFixed(sector.data() + 8, Hash64(std::string_view(sector).substr(16)));
    const Result<SegmentHeader> header = DecodeSegmentHeader(sector);
    ASSERT_FALSE(header);
    EXPECT_EQ(header.error().code(), ErrorCode::kUnsupported);
  }
}

TEST(SegmentHeader, RefusesAShortSector) {
  EXPECT_FALSE(DecodeSegmentHeader(EncodedHeader().substr(0, kLogAlign - 1)));
  EXPECT_FALSE(DecodeSegmentHeader(""));
}

TEST(Frame, ReadsBackWhatWasWritten) {
  const std::string payload(5000, 'p');
  const std::string frame = EncodedFrame(SomeFrame(payload), 8192, payload);
  EXPECT_EQ(frame.size(), 5080u);
  const auto header = PeekFrameHeader(frame, frame.size());
  ASSERT_TRUE(header);
  EXPECT_EQ(*header, SomeFrame(payload));
  EXPECT_TRUE(FrameIsValid(*header, 8192, frame));
  EXPECT_EQ(FramePayload(*header, frame), payload);
}

TEST(Frame, HasTheBytesOfTheSpecification) {
  const std::string frame = EncodedFrame(SomeFrame("abc"), 4096, "abc");
  EXPECT_EQ(frame.substr(0, 4), "CWFR");
  EXPECT_EQ(LoadFixed<uint32_t>(frame.data() + 40), 3u);
  for (size_t i = 0; i < 20; ++i) EXPECT_EQ(frame[44 + i], static_cast<char>(i + 1)) << i;
  EXPECT_EQ(LoadFixed<uint64_t>(frame.data() + 64), 0x1122334455667788u);
  EXPECT_EQ(LoadFixed<uint64_t>(frame.data() + 72),
            Hash64(std::string_view(frame).substr(0, 72), "abc", 7 ^ 4096 * 0x9E3779B97F4A7C15u));
  EXPECT_EQ(frame.substr(80, 4), std::string_view("abc\0", 4));
}

TEST(Frame, RefusesEveryChangedByteButThoseBehindIt) {
  const std::string payload(300, 'p');
  const std::string good = EncodedFrame(SomeFrame(payload), 4096, payload);
  ASSERT_TRUE(Decodes(good, 4096));
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x01);
    EXPECT_EQ(Decodes(bad, 4096), i >= kFrameHeaderBytes + payload.size()) << i;
  }
}

TEST(Frame, IsNotValidAtAnotherOffsetOrWithAnotherSalt) {
  const std::string payload = "payload";
  const std::string frame = EncodedFrame(SomeFrame(payload), 4096, payload);
  EXPECT_FALSE(Decodes(frame, 8192));
  std::string salted = frame;
  StoreFixed(salted.data() + 8, uint64_t{8});
  EXPECT_FALSE(Decodes(salted, 4096));
}

TEST(Frame, NeverClaimsMoreThanTheLimit) {
  const std::string payload(5000, 'p');
  const std::string frame = EncodedFrame(SomeFrame(payload), 4096, payload);
  EXPECT_TRUE(PeekFrameHeader(frame, 5080));
  EXPECT_FALSE(PeekFrameHeader(frame, 5079));
  EXPECT_FALSE(PeekFrameHeader(frame, 0));
  std::string huge = frame;
  StoreFixed(huge.data() + 32, ~uint64_t{0});
  EXPECT_FALSE(PeekFrameHeader(huge, huge.size()));
  EXPECT_FALSE(PeekFrameHeader(frame.substr(0, kFrameHeaderBytes - 1), 8192));
}

TEST(Frame, EmptyFramesHoldNothing) {
  FrameHeader header{.kind = FrameKind::kEmpty, .salt = 7, .first_seq = 100, .known_synced = 99};
  EXPECT_TRUE(Decodes(EncodedFrame(header, 4096, ""), 4096));
  header.op_count = 1;
  EXPECT_FALSE(Decodes(EncodedFrame(header, 4096, ""), 4096));
  header = SomeFrame("");
  EXPECT_FALSE(Decodes(EncodedFrame(header, 4096, ""), 4096));
}

TEST(Frame, RefusesSeqsBeyondTheLargest) {
  FrameHeader header = SomeFrame("xyz");
  header.first_seq = kMaxSeq - 2;
  EXPECT_TRUE(Decodes(EncodedFrame(header, 4096, "xyz"), 4096));
  header.first_seq = kMaxSeq - 1;
  EXPECT_FALSE(Decodes(EncodedFrame(header, 4096, "xyz"), 4096));
}

}  // namespace
}  // namespace cordwood::storage

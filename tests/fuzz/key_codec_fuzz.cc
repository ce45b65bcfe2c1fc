// Bytes that are taken apart as a store key are the bytes that its parts are put together to;
// numbers lie in the order of their bytes; what begins with a prefix lies before its end.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/coding.h"
#include "keyspace/core/key_codec.h"
#include "tests/fuzz/fuzz_target.h"

namespace cordwood::fuzz {
namespace {

using keyspace::Table;

std::string PutTogether(const keyspace::ParsedKey& key) {
  switch (key.table) {
    case Table::kKey:
      return keyspace::KeyRecordKey(key.generation, key.rest);
    case Table::kElement:
      return keyspace::ElementKey(key.generation, key.oid, key.rest);
    case Table::kDeadline:
      return keyspace::DeadlineKey(key.generation, key.expiry_ms, key.rest);
    case Table::kOwner:
      return keyspace::OwnerKey(key.generation, key.rest);
  }
  return "no such table";
}

std::string Ordered(uint64_t number) {
  std::string bytes;
  keyspace::AppendOrderedVarint(bytes, number);
  return bytes;
}

void CheckNumbers(std::string_view bytes) {
  ByteReader in(bytes);
  const std::optional<uint64_t> a = in.Fixed<uint64_t>();
  const std::optional<uint64_t> b = in.Fixed<uint64_t>();
  if (!a || !b) return;
  CHECK((*a < *b) == (Ordered(*a) < Ordered(*b)));
  CHECK(*a == *b || !Ordered(*b).starts_with(Ordered(*a)));
  const std::string both = Ordered(*a) + Ordered(*b);
  std::string_view rest = both;
  CHECK(keyspace::TakeOrderedVarint(rest) == a && keyspace::TakeOrderedVarint(rest) == b);
  CHECK(rest.empty());
}

void CheckPrefix(std::string_view prefix, std::string_view key) {
  const std::string end = keyspace::PrefixEnd(prefix);
  CHECK(key.starts_with(prefix) == (key >= prefix && (end.empty() || key < end)));
}

}  // namespace

std::vector<std::string> Corpus() {
  const std::string high(8, '\xff');
  return {
      keyspace::KeyRecordKey(1, "a"),
      keyspace::KeyRecordKey(keyspace::kSystemGeneration, "db:3"),
      keyspace::ElementKey(17, 0x123456, "01234567field"),
      keyspace::ElementKey(65536, 0xffff, ""),
      keyspace::DeadlineKey(2, 1'767'225'600'000, "some key"),
      keyspace::DeadlineKey(2, -1, high),
      keyspace::OwnerKey(0xffffffffffffffff, "owner"),
      "prefix",
      high + high,
      std::string("\1\0\4", 3),  // the generation 0, written as no other key has it
  };
}

std::vector<std::string> Dictionary() {
  return {Ordered(0),
          Ordered(1),
          Ordered(256),
          Ordered(UINT64_MAX),
          std::string("\1\0", 2),
          std::string("\2\0\1", 3),
          "\xff\xff",
          "\3",
          "\4",
          "\x9"};
}

}  // namespace cordwood::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cordwood;
  const std::string_view bytes = fuzz::View(data, size);
  if (const auto key = keyspace::ParseStoreKey(bytes)) CHECK(fuzz::PutTogether(*key) == bytes);
  fuzz::CheckNumbers(bytes);
  for (size_t at = 0; at < std::min<size_t>(size, 16); ++at) {
    fuzz::CheckPrefix(bytes.substr(0, at), bytes);
    fuzz::CheckPrefix(bytes.substr(0, at), bytes.substr(at));
  }
  return 0;
}

#pragma once

// What Redis' listpack would take: OBJECT ENCODING tells of a list what Redis would have made of
// it, and that goes by these bytes.
//
// Threads: any; no state.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace cordwood::keyspace {

/// What a listpack without elements takes.
inline constexpr uint64_t kEmptyListpackBytes = 7;

/// What an element takes in one.
uint64_t ListpackEntryBytes(std::string_view value);

uint64_t ListpackEntryBytes(std::span<const std::string_view> values);

/// Whether a list of so many elements, in a listpack of so many bytes, is beyond what
/// list-max-listpack-size allows.
bool IsBeyondListpack(int64_t max_size, uint64_t bytes, uint64_t count);
/// Whether a list that was beyond becomes a listpack again: at half of it.
bool IsListpackAgain(int64_t max_size, uint64_t bytes, uint64_t count);

/// A list as far as its shape goes.
struct PackedList {
  uint8_t shape = 0;
  uint64_t count = 0;
  std::optional<uint64_t> bytes;  // of its entries; nothing: it is not known
};
/// Its shape with these values added, which count as they come.
uint8_t GrownShape(int64_t max_size, const PackedList& list,
                   std::span<const std::string_view> values);
/// Its shape after something was taken away.
uint8_t ShrunkShape(int64_t max_size, const PackedList& list);

}  // namespace cordwood::keyspace

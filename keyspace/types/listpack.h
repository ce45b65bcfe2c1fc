#pragma once

// What Redis' listpack would take: OBJECT ENCODING tells of a list what Redis would have made of
// it, and that goes by these bytes.
//
// Threads: any; no state.

#include <cstdint>
#include <string_view>

namespace cordwood::keyspace {

/// What a listpack without elements takes.
inline constexpr uint64_t kEmptyListpackBytes = 7;

/// What an element takes in one.
uint64_t ListpackEntryBytes(std::string_view value);

/// Whether a list of so many elements, in a listpack of so many bytes, is beyond what
/// list-max-listpack-size allows.
bool IsBeyondListpack(int64_t max_size, uint64_t bytes, uint64_t count);
/// Whether a list that was beyond becomes a listpack again: at half of it.
bool IsListpackAgain(int64_t max_size, uint64_t bytes, uint64_t count);

}  // namespace cordwood::keyspace

#pragma once

// Glob patterns as KEYS, SCAN, PSUBSCRIBE and CONFIG GET take them, with the semantics of Redis:
//
//   *        any bytes, or none
//   ?        any one byte
//   [abc]    one of these bytes; ranges [a-z], either end first; [^abc]: none of these
//   \x       the byte x itself, inside and outside of brackets
//
// A class without its ] reaches to the end of the pattern, [] matches nothing and [^] anything,
// and a \ at the very end stands for itself. Bytes compare as unsigned numbers.
//
// Matching takes at most O(pattern * text) steps: a failed attempt goes back to the last * only,
// which suffices because everything between two stars has a fixed length.
//
// Threads: any; no state.

#include <cstdint>
#include <string_view>

namespace cordwood {

enum class GlobCase : uint8_t { kSensitive, kIgnored };

bool GlobMatch(std::string_view pattern, std::string_view text,
               GlobCase letter_case = GlobCase::kSensitive);

/// The bytes that every match (by kSensitive) begins with: the pattern up to its first special
/// byte. A whole pattern without one matches itself only.
std::string_view GlobPrefix(std::string_view pattern);

}  // namespace cordwood

#pragma once

// What a fuzz target is: a file NAME_fuzz.cc that defines the three functions below. In the preset
// `fuzz` libFuzzer runs it, in every other one tests/fuzz/driver.cc, as a test.
//
// Not to crash is the least. A target checks what must hold for any bytes: what a decoder takes
// an encoder writes back, pieces say the same as the whole, two ways to the same answer agree. It
// says so with CHECK, and keeps no state between inputs, so that each fails alone.
//
// Checksums keep mutated bytes out: a target seals its input again, or goes to the layer below.
//
// Threads: one.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace cordwood::fuzz {

/// Inputs that get far, where mutation begins; and every input that has failed once.
std::vector<std::string> Corpus();

/// Words of the format, for the mutator to put in.
std::vector<std::string> Dictionary();

inline std::string_view View(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace cordwood::fuzz

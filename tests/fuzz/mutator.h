#pragma once

// Makes inputs for a fuzz target out of a corpus. Without a look at what the target does with
// them, so each input depends on its seed alone, and the corpus must reach what is to be tested.
//
// Threads: any; immutable.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"

namespace cordwood::fuzz {

class Mutator {
 public:
  Mutator(std::vector<std::string> corpus, std::vector<std::string> dictionary);

  /// Seeds 1 to n are the corpus as it is. Larger ones are one of it, or two spliced, with up to
  /// some sixteen changes.
  std::string Input(uint64_t seed) const;

  /// No input is longer.
  size_t bytes_max() const { return bytes_max_; }

 private:
  const std::string& Entry(Random& random) const;

  // Each changes the text once, if it can.
  void FlipBit(std::string& text, Random& random) const;
  void SetByte(std::string& text, Random& random) const;
  void ChangeByteALittle(std::string& text, Random& random) const;
  void OverwriteInteger(std::string& text, Random& random) const;
  void InsertVarint(std::string& text, Random& random) const;
  void ReplaceDecimal(std::string& text, Random& random) const;
  void Erase(std::string& text, Random& random) const;
  void Truncate(std::string& text, Random& random) const;
  void Duplicate(std::string& text, Random& random) const;
  void ExchangeRanges(std::string& text, Random& random) const;
  void InsertNoise(std::string& text, Random& random) const;
  void InsertRun(std::string& text, Random& random) const;
  void InsertWord(std::string& text, Random& random) const;
  void OverwriteWithWord(std::string& text, Random& random) const;
  void InsertPiece(std::string& text, Random& random) const;
  void Splice(std::string& text, Random& random) const;

  const std::vector<std::string> corpus_;
  const std::vector<std::string> dictionary_;
  size_t bytes_max_;
};

}  // namespace cordwood::fuzz

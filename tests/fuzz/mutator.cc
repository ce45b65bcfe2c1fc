#include "tests/fuzz/mutator.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/ascii.h"
#include "base/check.h"
#include "base/coding.h"
#include "base/format.h"

namespace cordwood::fuzz {
namespace {

constexpr size_t kBytesMaxAtLeast = 4096;
constexpr size_t kPieceMax = 64;

/// A place in the text; one in four close to either end, where headers and footers are.
size_t Place(const std::string& text, Random& random) {
  if (text.empty()) return 0;
  const size_t at = random.Below(random.OneIn(4) ? std::min<size_t>(text.size(), 16) : text.size());
  return random.OneIn(8) ? text.size() - 1 - at : at;
}

/// A place to put something in: also behind the end.
size_t Gap(const std::string& text, Random& random) {
  return random.OneIn(8) ? text.size() : Place(text, random);
}

/// How long a piece from `at` on is: mostly short, now and then all that is left.
size_t Length(size_t left, Random& random) {
  if (left == 0) return 0;
  return 1 + random.Below(random.OneIn(4) ? left : std::min(left, kPieceMax));
}

/// Numbers that lengths, counts and offsets go wrong at.
uint64_t InterestingNumber(const std::string& text, Random& random) {
  static constexpr uint64_t kEdges[] = {
      0, 1 << 7, 1 << 8, 1 << 15, 1 << 16, uint64_t{1} << 31, uint64_t{1} << 32, uint64_t{1} << 63};
  switch (random.Below(6)) {
    case 0:
      return random.Below(20);
    case 1:
      return text.size() + random.Below(9) - 4;
    case 2:
      return random.Next() >> random.Below(64);
    case 3:
      return (uint64_t{1} << random.Below(64)) + random.Below(3) - 1;
    default:
      return kEdges[random.Below(std::size(kEdges))] + random.Below(3) - 1;
  }
}

}  // namespace

Mutator::Mutator(std::vector<std::string> corpus, std::vector<std::string> dictionary)
    : corpus_(std::move(corpus)), dictionary_(std::move(dictionary)) {
  CHECK(!corpus_.empty());
  size_t largest = 0;
  for (const std::string& entry : corpus_) largest = std::max(largest, entry.size());
  bytes_max_ = std::max(kBytesMaxAtLeast, 2 * largest);
}

std::string Mutator::Input(uint64_t seed) const {
  if (seed >= 1 && seed <= corpus_.size()) return corpus_[seed - 1];
  static constexpr auto kChanges = std::to_array({&Mutator::FlipBit,
                                                  &Mutator::SetByte,
                                                  &Mutator::InsertPiece,
                                                  &Mutator::Erase,
                                                  &Mutator::ChangeByteALittle,
                                                  &Mutator::InsertVarint,
                                                  &Mutator::Truncate,
                                                  &Mutator::OverwriteInteger,
                                                  &Mutator::ReplaceDecimal,
                                                  &Mutator::Duplicate,
                                                  &Mutator::ExchangeRanges,
                                                  &Mutator::InsertNoise,
                                                  &Mutator::InsertRun,
                                                  &Mutator::InsertWord,
                                                  &Mutator::Splice,
                                                  &Mutator::FlipBit,
                                                  &Mutator::SetByte,
                                                  &Mutator::InsertWord,
                                                  &Mutator::OverwriteInteger,
                                                  &Mutator::OverwriteWithWord});
  Random random(seed);
  std::string text = Entry(random);
  // Half of the inputs have one change, a quarter two, and so on: one alone gets furthest.
  uint64_t changes = 1;
  while (changes < 16 && random.OneIn(2)) ++changes;
  for (; changes > 0; --changes) {
    (this->*kChanges[random.Below(kChanges.size())])(text, random);
    if (text.size() > bytes_max_) text.resize(bytes_max_);
  }
  return text;
}

const std::string& Mutator::Entry(Random& random) const {
  return corpus_[random.Below(corpus_.size())];
}

void Mutator::FlipBit(std::string& text, Random& random) const {
  if (text.empty()) return;
  char& byte = text[Place(text, random)];
  byte = static_cast<char>(byte ^ 1 << random.Below(8));
}

void Mutator::SetByte(std::string& text, Random& random) const {
  static constexpr char kBytes[] = {'\0', '\1', '\x7f', '\x80', '\xff', '\r', '\n', ' ', '0', '-'};
  if (text.empty()) return;
  text[Place(text, random)] = random.OneIn(2) ? kBytes[random.Below(std::size(kBytes))]
                                              : static_cast<char>(random.Below(256));
}

void Mutator::ChangeByteALittle(std::string& text, Random& random) const {
  if (text.empty()) return;
  char& byte = text[Place(text, random)];
  byte = static_cast<char>(static_cast<uint8_t>(byte) + random.Below(9) - 4);
}

void Mutator::OverwriteInteger(std::string& text, Random& random) const {
  const size_t width = size_t{1} << random.Below(4);
  if (text.size() < width) return;
  char bytes[8];
  StoreFixed(bytes, InterestingNumber(text, random));
  if (random.OneIn(4)) std::reverse(bytes, bytes + width);
  const size_t at = std::min(Place(text, random), text.size() - width);
  std::copy(bytes, bytes + width, text.data() + at);
}

void Mutator::InsertVarint(std::string& text, Random& random) const {
  std::string bytes;
  AppendVarint64(bytes, InterestingNumber(text, random));
  text.replace(Gap(text, random), random.OneIn(2) ? 1 : 0, bytes);
}

void Mutator::ReplaceDecimal(std::string& text, Random& random) const {
  const size_t from = Place(text, random);
  const auto begin = std::find_if(text.begin() + static_cast<ptrdiff_t>(from), text.end(), IsDigit);
  const auto end = std::find_if_not(begin, text.end(), IsDigit);
  if (begin == end) return;
  const uint64_t number = InterestingNumber(text, random);
  text.replace(begin, end,
               random.OneIn(2) ? Format("{}", number) : Format("{}", static_cast<int64_t>(number)));
}

void Mutator::Erase(std::string& text, Random& random) const {
  if (text.empty()) return;
  const size_t at = Place(text, random);
  text.erase(at, Length(text.size() - at, random));
}

void Mutator::Truncate(std::string& text, Random& random) const {
  text.resize(Place(text, random));
}

void Mutator::Duplicate(std::string& text, Random& random) const {
  if (text.empty()) return;
  const size_t at = Place(text, random);
  const std::string piece = text.substr(at, Length(text.size() - at, random));
  const uint64_t times = random.OneIn(4) ? 1 + random.Below(64) : 1;
  for (uint64_t i = 0; i < times && text.size() <= bytes_max_; ++i) text.insert(at, piece);
}

void Mutator::ExchangeRanges(std::string& text, Random& random) const {
  if (text.size() < 2) return;
  size_t a = Place(text, random);
  size_t b = Place(text, random);
  if (a > b) std::swap(a, b);
  const size_t size = Length(std::min(b - a, text.size() - b), random);
  std::swap_ranges(text.data() + a, text.data() + a + size, text.data() + b);
}

void Mutator::InsertNoise(std::string& text, Random& random) const {
  std::string noise(Length(kPieceMax, random), '\0');
  for (char& byte : noise) byte = static_cast<char>(random.Below(256));
  text.insert(Gap(text, random), noise);
}

void Mutator::InsertRun(std::string& text, Random& random) const {
  const size_t at = Place(text, random);
  const char byte = text.empty() || random.OneIn(2) ? '\0' : text[at];
  text.insert(at, Length(bytes_max_ / 8, random), byte);
}

void Mutator::InsertWord(std::string& text, Random& random) const {
  if (dictionary_.empty()) return;
  text.insert(Gap(text, random), dictionary_[random.Below(dictionary_.size())]);
}

void Mutator::OverwriteWithWord(std::string& text, Random& random) const {
  if (dictionary_.empty()) return;
  const std::string& word = dictionary_[random.Below(dictionary_.size())];
  text.replace(Place(text, random), word.size(), word);
}

void Mutator::InsertPiece(std::string& text, Random& random) const {
  const std::string& other = Entry(random);
  const size_t from = Place(other, random);
  text.insert(Gap(text, random), other.substr(from, Length(other.size() - from, random)));
}

void Mutator::Splice(std::string& text, Random& random) const {
  const std::string& other = Entry(random);
  const size_t at = Place(text, random);
  // The same place in both keeps what has a fixed layout.
  const size_t from = random.OneIn(2) ? std::min(at, other.size()) : Place(other, random);
  text.replace(at, std::string::npos, other, from);
}

}  // namespace cordwood::fuzz

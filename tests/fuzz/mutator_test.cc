#include "tests/fuzz/mutator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace cordwood::fuzz {
namespace {

const std::vector<std::string> kCorpus = {
    "first entry of the corpus, ending in 12345",
    "SECOND ENTRY, WHICH HAS OTHER LETTERS. 7",
    "",
};

Mutator MakeMutator() { return {kCorpus, {"<word>", std::string("\0token", 6)}}; }

/// Whether one of many inputs is like that.
bool SomeInput(const std::function<bool(const std::string&)>& is_so) {
  const Mutator mutator = MakeMutator();
  for (uint64_t seed = 1; seed <= 100'000; ++seed) {
    if (is_so(mutator.Input(seed))) return true;
  }
  return false;
}

bool SomeInputHas(const std::string& piece) {
  return SomeInput([&](const std::string& input) { return input.contains(piece); });
}

TEST(Mutator, TheFirstInputsAreTheCorpus) {
  const Mutator mutator = MakeMutator();
  for (size_t i = 0; i < kCorpus.size(); ++i) EXPECT_EQ(mutator.Input(i + 1), kCorpus[i]);
}

TEST(Mutator, ASeedAlwaysGivesTheSameInput) {
  const Mutator mutator = MakeMutator();
  const Mutator same = MakeMutator();
  for (uint64_t seed = 1; seed < 200; ++seed) EXPECT_EQ(mutator.Input(seed), same.Input(seed));
}

TEST(Mutator, InputsDiffer) {
  const Mutator mutator = MakeMutator();
  std::set<std::string> inputs;
  for (uint64_t seed = 1; seed <= 5000; ++seed) inputs.insert(mutator.Input(seed));
  EXPECT_GT(inputs.size(), 3500u);
}

TEST(Mutator, NoInputIsLongerThanItSays) {
  const Mutator small = MakeMutator();
  const Mutator large({std::string(9000, 'x')}, {});
  EXPECT_EQ(large.bytes_max(), 18'000u);
  size_t longest = 0;
  for (uint64_t seed = 1; seed <= 5000; ++seed) {
    longest = std::max(longest, large.Input(seed).size());
    ASSERT_LE(large.Input(seed).size(), large.bytes_max());
    ASSERT_LE(small.Input(seed).size(), small.bytes_max());
  }
  EXPECT_GT(longest, 9000u);
}

TEST(Mutator, BringsWordsOfTheDictionary) {
  EXPECT_TRUE(SomeInputHas("corpus<word>"));
  EXPECT_TRUE(SomeInputHas(std::string("\0token", 6)));
  EXPECT_TRUE(SomeInput([](const std::string& input) { return input.ends_with("<word>"); }));
}

TEST(Mutator, BringsNumbersThatLengthsGoWrongAt) {
  EXPECT_TRUE(SomeInputHas("in 4294967296"));
  EXPECT_TRUE(SomeInputHas("in 18446744073709551615"));
  EXPECT_TRUE(SomeInputHas("in -1"));
  EXPECT_TRUE(SomeInputHas("in 0"));
  EXPECT_TRUE(SomeInputHas("\xff\xff\xff\xff"));
  EXPECT_TRUE(SomeInputHas(std::string("\0\0\0\x80", 4)));
  EXPECT_TRUE(SomeInputHas("\xff\xff\xff\xff\x0f"));                      // varint of 2^32 - 1
  EXPECT_TRUE(SomeInputHas("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));  // of 2^64 - 1
}

TEST(Mutator, CutsRepeatsExchangesAndSplices) {
  EXPECT_TRUE(SomeInput([](const std::string& input) { return input == "first entry"; }));
  EXPECT_TRUE(SomeInputHas("entry of of the corpus"));
  EXPECT_TRUE(SomeInputHas("first of the corpus"));
  EXPECT_TRUE(SomeInputHas("firsND ENTRY"));
  EXPECT_TRUE(SomeInputHas("firstTRY, WHICH"));
  EXPECT_TRUE(SomeInputHas(std::string(100, '\0')));
  EXPECT_TRUE(SomeInput([](const std::string& input) {
    std::string sorted = input;
    std::string entry = kCorpus[0];
    std::ranges::sort(sorted);
    std::ranges::sort(entry);
    return sorted == entry && input != kCorpus[0];
  }));
}

TEST(Mutator, ChangesSingleBits) {
  const Mutator mutator = MakeMutator();
  std::set<size_t> places;
  for (uint64_t seed = 1; seed <= 20'000; ++seed) {
    const std::string input = mutator.Input(seed);
    if (input.size() != kCorpus[0].size()) continue;
    const auto [here, there] = std::ranges::mismatch(input, kCorpus[0]);
    if (here == input.end() || !std::equal(here + 1, input.end(), there + 1)) continue;
    places.insert(static_cast<size_t>(here - input.begin()));
  }
  EXPECT_EQ(places.size(), kCorpus[0].size()) << "every place";
}

}  // namespace
}  // namespace cordwood::fuzz

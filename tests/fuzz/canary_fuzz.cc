// A target with planted mistakes, to see that the driver notices: driver_test.py runs it and says
// in CANARY which word is fatal.

#include <cstdlib>
#include <string>
#include <vector>

#include "base/check.h"
#include "tests/fuzz/fuzz_target.h"

namespace cordwood::fuzz {
namespace {

std::string Planted() {
  const char* word = std::getenv("CANARY");
  return word == nullptr ? "" : word;
}

void Fail(const std::string& word) {
  CHECK(word != "abort");
  if (word == "exit") std::exit(0);
  volatile bool endless = word == "hang";
  while (endless) {
  }
  std::vector<std::string> taken;
  while (word == "memory") taken.emplace_back(size_t{1} << 26, 'x');
}

}  // namespace

// No input has the word; some mutation of the second one does.
std::vector<std::string> Corpus() { return {"", "a piece of wood"}; }
std::vector<std::string> Dictionary() { return {Planted()}; }

}  // namespace cordwood::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cordwood::fuzz;
  const std::string word = Planted();
  if (!word.empty() && View(data, size).contains(word)) Fail(word);
  return 0;
}

// A text that is taken for a number is the one that is written for it, or means the same; eight
// bytes as a double survive being written and read.

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "base/check.h"
#include "base/coding.h"
#include "base/number.h"
#include "tests/fuzz/fuzz_target.h"

namespace cordwood::fuzz {
namespace {

void CheckIntegers(std::string_view text) {
  std::string again;
  if (const std::optional<int64_t> value = ParseInt64(text)) {
    AppendInt64(again, *value);
    CHECK(again == text && again.size() <= kInt64TextMax);
  }
  again.clear();
  const std::optional<uint64_t> natural = ParseUint64(text);
  if (natural) {
    AppendUint64(again, *natural);
    CHECK(again == text);
  }
  // What both can hold, both read alike.
  const std::optional<int64_t> value = ParseInt64(text);
  CHECK((value && *value >= 0) == (natural && *natural <= uint64_t{INT64_MAX}));
}

void CheckSameDouble(double value) {
  std::string text;
  AppendDouble(text, value);
  const std::optional<double> again = ParseDouble(text);
  CHECK(again && std::bit_cast<uint64_t>(*again) == std::bit_cast<uint64_t>(value));
}

void CheckFloats(std::string_view text) {
  const std::string terminated(text);
  char* end = nullptr;
  if (const std::optional<double> value = ParseDouble(text)) {
    CHECK(std::strtod(terminated.c_str(), &end) == *value);
    CHECK(end == terminated.c_str() + text.size());
    CheckSameDouble(*value);
  }
  if (const std::optional<long double> value = ParseLongDouble(text)) {
    CHECK(std::strtold(terminated.c_str(), &end) == *value);
    const std::string written = FormatLongDouble(*value);
    const std::optional<long double> again = ParseLongDouble(written);
    CHECK(again && FormatLongDouble(*again) == written);
    CHECK(written.find('e') == std::string::npos);
  }
}

void CheckMemorySize(std::string_view text) {
  const std::optional<uint64_t> bytes = ParseMemorySize(text);
  if (!bytes) return;
  long double count = 0;
  size_t at = 0;
  for (; at < text.size() && IsDigit(text[at]); ++at) count = count * 10 + (text[at] - '0');
  CHECK(at > 0);
  const std::string unit = ToLower(text.substr(at));
  const long double base = unit.size() == 2 ? 1024 : 1000;
  const int power = unit.empty() || unit == "b" ? 0
                    : unit.front() == 'k'       ? 1
                    : unit.front() == 'm'       ? 2
                                                : 3;
  CHECK(static_cast<long double>(*bytes) == count * std::pow(base, power));
}

}  // namespace

std::vector<std::string> Corpus() {
  return {
      "0",
      "-1",
      "9223372036854775807",
      "-9223372036854775808",
      "18446744073709551615",
      "3.5",
      "-0",
      "1e300",
      "4.9e-324",
      "0x1.8p3",
      "inf",
      "-Infinity",
      "nan",
      "12kb",
      "1GB",
      "7m",
      "1.17549435082228750796873653722224568e-38",
      "17179869183g",
      "123456789.12345678901234567890",
      "1e4932",
      "3.36210314311209350626e-4932",
  };
}

std::vector<std::string> Dictionary() {
  return {"e",
          "E+",
          "e-",
          ".",
          "-",
          "+",
          "0x",
          "p",
          "inf",
          "nan",
          "00",
          " ",
          "kb",
          "GB",
          "b",
          "9223372036854775808",
          "18446744073709551616",
          "17179869184g",
          "e308",
          "e-324",
          "e4932"};
}

}  // namespace cordwood::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cordwood;
  const std::string_view text = fuzz::View(data, size);
  fuzz::CheckIntegers(text);
  fuzz::CheckFloats(text);
  fuzz::CheckMemorySize(text);
  if (size >= sizeof(double)) {
    const auto value = LoadFixed<double>(text.data());
    if (!std::isnan(value)) fuzz::CheckSameDouble(value);
  }
  return 0;
}

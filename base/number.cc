#include "base/number.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <type_traits>

#include "base/ascii.h"
#include "base/check.h"

namespace cordwood {
namespace {

/// Redis refuses longer texts as long doubles; no useful double is longer either.
constexpr size_t kFloatTextMax = 5 * 1024;

template <typename T>
std::optional<T> ParseWhole(std::string_view text) {
  T value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

/// Whether `digits` begins like a number in its only form: no leading zero but "0" itself.
bool IsCanonical(std::string_view digits) {
  return !digits.empty() && IsDigit(digits[0]) && (digits[0] != '0' || digits.size() == 1);
}

/// What strtod makes of a whole text that is no NaN. errno says whether it is out of range.
template <typename T>
std::optional<T> StringToFloat(std::string_view text) {
  if (text.size() >= kFloatTextMax) return std::nullopt;
  std::array<char, kFloatTextMax> buffer;
  buffer[text.copy(buffer.data(), text.size())] = '\0';
  char* end = nullptr;
  errno = 0;
  T value = 0;
  if constexpr (std::is_same_v<T, double>) {
    value = std::strtod(buffer.data(), &end);
  } else {
    value = std::strtold(buffer.data(), &end);
  }
  if (end != buffer.data() + text.size() || std::isnan(value)) return std::nullopt;
  return value;
}

template <typename T>
std::optional<T> ParseFloat(std::string_view text) {
  if (text.empty() || IsSpace(text[0])) return std::nullopt;
  const std::optional<T> value = StringToFloat<T>(text);
  // A denormal is out of range to strtod, but a number all the same.
  if (value && errno == ERANGE && (std::isinf(*value) || *value == 0)) return std::nullopt;
  return value;
}

/// A finite positive double as digits * 10^exponent: "12345", -2 is 123.45.
struct Decimal {
  std::array<char, 20> digits;
  int count = 0;
  int exponent = 0;

  std::string_view text() const { return {digits.data(), static_cast<size_t>(count)}; }
};

Decimal ShortestDecimal(double value) {
  std::array<char, 32> text;  // d.ddde[+-]xx
  const std::to_chars_result written =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
  CHECK(written.ec == std::errc());
  Decimal decimal;
  const char* at = text.data();
  for (; *at != 'e'; ++at) {
    if (*at != '.') decimal.digits[static_cast<size_t>(decimal.count++)] = *at;
  }
  ++at;
  if (*at == '+') ++at;
  std::from_chars(at, written.ptr, decimal.exponent);
  decimal.exponent -= decimal.count - 1;
  return decimal;
}

/// Lays out the digits: plain while short, with a point while the exponent is small, else
/// scientific with an exponent that is signed and not padded.
void AppendDecimal(std::string& out, const Decimal& decimal) {
  const std::string_view digits = decimal.text();
  const int magnitude = decimal.exponent + decimal.count - 1;  // the power of the first digit
  if (decimal.exponent >= 0 && magnitude < decimal.count + 7) {
    out.append(digits);
    out.append(static_cast<size_t>(decimal.exponent), '0');
    return;
  }
  if (decimal.exponent < 0 && (decimal.exponent > -7 || std::abs(magnitude) < 4)) {
    if (magnitude < 0) {
      out.append("0.");
      out.append(static_cast<size_t>(-magnitude - 1), '0');
      out.append(digits);
    } else {
      const auto whole = static_cast<size_t>(magnitude) + 1;
      out.append(digits.substr(0, whole)).append(".").append(digits.substr(whole));
    }
    return;
  }
  out.push_back(digits[0]);
  if (digits.size() > 1) out.append(".").append(digits.substr(1));
  out.append(magnitude < 0 ? "e-" : "e+");
  AppendInt64(out, std::abs(magnitude));
}

}  // namespace

std::optional<int64_t> ParseInt64(std::string_view text) {
  std::string_view digits = text;
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) digits.remove_prefix(1);
  if (!IsCanonical(digits) || (negative && digits[0] == '0')) return std::nullopt;
  return ParseWhole<int64_t>(text);
}

std::optional<uint64_t> ParseUint64(std::string_view text) {
  if (!IsCanonical(text)) return std::nullopt;
  return ParseWhole<uint64_t>(text);
}

std::optional<double> ParseDouble(std::string_view text) {
  // from_chars is several times faster, and reads plain decimals as strtod does. What it does
  // not take (hexadecimal, '+', infinities, extremes) is left to strtod.
  if (!text.empty() && (IsDigit(text[0]) || text[0] == '-')) {
    const std::optional<double> value = ParseWhole<double>(text);
    if (value && std::isfinite(*value)) return value;
  }
  return ParseFloat<double>(text);
}

std::optional<long double> ParseLongDouble(std::string_view text) {
  return ParseFloat<long double>(text);
}

std::optional<double> ParseDoubleLoosely(std::string_view text) {
  return StringToFloat<double>(text.substr(0, text.find('\0')));
}

size_t FormatInt64(int64_t value, char* out) {
  const auto [end, error] = std::to_chars(out, out + kInt64TextMax, value);
  CHECK(error == std::errc());
  return static_cast<size_t>(end - out);
}

void AppendInt64(std::string& out, int64_t value) {
  char text[kInt64TextMax];
  out.append(text, FormatInt64(value, text));
}

void AppendUint64(std::string& out, uint64_t value) {
  char text[kInt64TextMax];
  const auto [end, error] = std::to_chars(text, text + kInt64TextMax, value);
  CHECK(error == std::errc());
  out.append(text, end);
}

void AppendDouble(std::string& out, double value) {
  if (std::isnan(value)) {
    out.append("nan");
    return;
  }
  if (std::signbit(value)) out.push_back('-');
  const double magnitude = std::abs(value);
  if (std::isinf(magnitude)) {
    out.append("inf");
    return;
  }
  // Half of the range of a long long is where Redis stops to print whole numbers in full.
  constexpr double kWholeMax = 0x1p62;
  if (magnitude <= kWholeMax && magnitude == std::floor(magnitude)) {
    AppendInt64(out, static_cast<int64_t>(magnitude));
    return;
  }
  AppendDecimal(out, ShortestDecimal(magnitude));
}

std::string FormatLongDouble(long double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::array<char, kFloatTextMax> text;
  const int size = std::snprintf(text.data(), text.size(), "%.17Lf", value);
  CHECK(size > 0 && static_cast<size_t>(size) < text.size());
  std::string_view trimmed(text.data(), static_cast<size_t>(size));
  trimmed.remove_suffix(trimmed.size() - 1 - trimmed.find_last_not_of('0'));
  if (trimmed.back() == '.') trimmed.remove_suffix(1);
  return trimmed == "-0" ? "0" : std::string(trimmed);
}

std::optional<uint64_t> ParseMemorySize(std::string_view text) {
  struct Unit {
    std::string_view name;
    uint64_t bytes;
  };
  static constexpr Unit kUnits[] = {
      {"", 1},          {"b", 1},        {"k", 1000},          {"kb", 1 << 10},
      {"m", 1'000'000}, {"mb", 1 << 20}, {"g", 1'000'000'000}, {"gb", 1 << 30},
  };
  size_t digits = 0;
  while (digits < text.size() && IsDigit(text[digits])) ++digits;
  const std::optional<uint64_t> count = ParseWhole<uint64_t>(text.substr(0, digits));
  if (!count) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (!EqualsIgnoreCase(unit.name, text.substr(digits))) continue;
    if (*count > std::numeric_limits<uint64_t>::max() / unit.bytes) return std::nullopt;
    return *count * unit.bytes;
  }
  return std::nullopt;
}

}  // namespace cordwood

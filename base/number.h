#pragma once

// Text to numbers and back, exactly as Redis does it: the strict parsers that decide whether
// "value is not an integer or out of range", and the texts that clients compare byte by byte.
// Parsers take the whole text or nothing.
//
// Threads: any; no state. Assumes the "C" numeric locale: nobody calls setlocale.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cordwood {

/// The largest number of bytes that FormatInt64 writes.
inline constexpr size_t kInt64TextMax = 20;

/// Digits with an optional '-': no '+', no spaces, no leading zeros, no "-0", no overflow.
std::optional<int64_t> ParseInt64(std::string_view text);
/// The same without a sign.
std::optional<uint64_t> ParseUint64(std::string_view text);

/// What strtod reads ("1e3", "0x1p4", "+5", "inf", "-Infinity"), without white space around it.
/// Nothing for NaN, and for numbers that overflow or vanish to zero.
std::optional<double> ParseDouble(std::string_view text);
std::optional<long double> ParseLongDouble(std::string_view text);
/// The bound of a range of scores, which Redis takes as strtod does: white space in front, an empty
/// text as 0, all up to the first NUL, and what is out of range as infinity or zero. Nothing for
/// NaN, and if there is more behind the number.
std::optional<double> ParseDoubleLoosely(std::string_view text);

/// Writes `value` into `out`, which has room for kInt64TextMax bytes, and returns the length.
/// No terminating zero.
size_t FormatInt64(int64_t value, char* out);
void AppendInt64(std::string& out, int64_t value);
void AppendUint64(std::string& out, uint64_t value);

/// The shortest text that reads back as the same double, in the layout of Redis 7.2's replies:
/// "3", "0.1", "1e+20", "1.5e-7", "inf", "-inf", "nan", "-0".
void AppendDouble(std::string& out, double value);

/// What INCRBYFLOAT and HINCRBYFLOAT store: 17 places after the point, trailing zeros removed,
/// never an exponent. Almost 5 KB for the largest values.
std::string FormatLongDouble(long double value);

/// A size as redis.conf writes it: digits and a unit, in any case: none or b, k = 1000,
/// kb = 1024, m, mb, g, gb. Nothing if the product does not fit.
std::optional<uint64_t> ParseMemorySize(std::string_view text);

}  // namespace cordwood

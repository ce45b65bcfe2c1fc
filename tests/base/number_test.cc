#include "base/number.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "base/random.h"

namespace cordwood {
namespace {

std::string DoubleText(double value) {
  std::string out;
  AppendDouble(out, value);
  return out;
}

TEST(ParseInt64, TakesTheCanonicalForm) {
  EXPECT_EQ(ParseInt64("0"), 0);
  EXPECT_EQ(ParseInt64("-1"), -1);
  EXPECT_EQ(ParseInt64("9223372036854775807"), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(ParseInt64("-9223372036854775808"), std::numeric_limits<int64_t>::min());
}

TEST(ParseInt64, RefusesEverythingElse) {
  for (const std::string_view text :
       {"", "-", "+1", " 1", "1 ", "01", "00", "-0", "-01", "1.0", "1e3", "0x1", "a", "--1", "1-",
        "9223372036854775808", "-9223372036854775809", "99999999999999999999999"}) {
    EXPECT_EQ(ParseInt64(text), std::nullopt) << text;
  }
  EXPECT_EQ(ParseInt64(std::string_view("1\0", 2)), std::nullopt);
}

TEST(ParseUint64, HasNoSign) {
  EXPECT_EQ(ParseUint64("18446744073709551615"), std::numeric_limits<uint64_t>::max());
  for (const std::string_view text : {"", "-1", "-0", "+1", "01", "18446744073709551616", "1x"}) {
    EXPECT_EQ(ParseUint64(text), std::nullopt) << text;
  }
}

TEST(FormatInt64, ComesBack) {
  Random random(5);
  for (int i = 0; i < 1000; ++i) {
    const auto value = static_cast<int64_t>(random.Next()) >> random.Below(64);
    std::string text;
    AppendInt64(text, value);
    EXPECT_EQ(ParseInt64(text), value);
  }
  char longest[kInt64TextMax];
  EXPECT_EQ(FormatInt64(std::numeric_limits<int64_t>::min(), longest), kInt64TextMax);
  std::string largest;
  AppendUint64(largest, std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(largest, "18446744073709551615");
}

TEST(ParseDouble, TakesWhatStrtodTakes) {
  EXPECT_EQ(ParseDouble("3"), 3.0);
  EXPECT_EQ(ParseDouble("-0.5"), -0.5);
  EXPECT_EQ(ParseDouble("+5"), 5.0);
  EXPECT_EQ(ParseDouble(".5"), 0.5);
  EXPECT_EQ(ParseDouble("5."), 5.0);
  EXPECT_EQ(ParseDouble("1e3"), 1000.0);
  EXPECT_EQ(ParseDouble("0x10"), 16.0);
  EXPECT_EQ(ParseDouble("4.9e-324"), std::numeric_limits<double>::denorm_min());
  for (const std::string_view text : {"inf", "+INF", "Infinity", "+infinity"}) {
    EXPECT_EQ(ParseDouble(text), std::numeric_limits<double>::infinity()) << text;
    EXPECT_EQ(ParseLongDouble(text), std::numeric_limits<long double>::infinity()) << text;
  }
  EXPECT_EQ(ParseDouble("-inf"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(ParseDouble("0x1.8p1"), 3.0);
  EXPECT_EQ(ParseDouble("-0X.8"), -0.5);
  for (const std::string_view text : {"-0", "-0.0", "-0x0"}) {
    ASSERT_EQ(ParseDouble(text), 0.0) << text;
    EXPECT_TRUE(std::signbit(*ParseDouble(text))) << text;
  }
}

TEST(ParseDouble, RefusesTheRest) {
  for (const std::string_view text :
       {"", " ", " 1", "1 ", "\t1", "abc", "1a", "1e", "--1", "nan", "-nan", "NaN(1)", "1e400",
        "-1e400", "1e-400", "0x", "inf ", "infin", "1,5"}) {
    EXPECT_EQ(ParseDouble(text), std::nullopt) << text;
  }
  EXPECT_EQ(ParseDouble(std::string_view("1\0", 2)), std::nullopt);
  EXPECT_EQ(ParseDouble(std::string(6000, 'x')), std::nullopt);
}

TEST(ParseDoubleLoosely, TakesWhatBoundsOfScoresMayBe) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::pair<std::string_view, double> cases[] = {
      {"", 0},
      {"1.5", 1.5},
      {" \t-2", -2},
      {"+3", 3},
      {"0x10", 16},
      {"inf", kInfinity},
      {"-Infinity", -kInfinity},
      {"1e400", kInfinity},
      {"-1e400", -kInfinity},
      {"1e-400", 0},
      {std::string_view("7\0x", 3), 7},
      {std::string_view("\0x", 2), 0},
  };
  for (const auto& [text, value] : cases) EXPECT_EQ(ParseDoubleLoosely(text), value) << text;
  for (const std::string_view text : {" ", "x", "1x", "1 ", "nan", "-nan", "--1", "1e", "(1"}) {
    EXPECT_EQ(ParseDoubleLoosely(text), std::nullopt) << text;
  }
}

TEST(ParseLongDouble, KeepsMoreDigitsThanADouble) {
  EXPECT_EQ(ParseLongDouble("0.1"), 0.1L);
  EXPECT_EQ(ParseLongDouble("9007199254740993"), 9007199254740993.0L);
  EXPECT_TRUE(ParseLongDouble("1e-400"));
  for (const std::string_view text : {"", " 1", "1 ", "nan", "1e5000", "1x"}) {
    EXPECT_EQ(ParseLongDouble(text), std::nullopt) << text;
  }
  EXPECT_EQ(ParseLongDouble(std::string(5 * 1024, '1')), std::nullopt);
}

TEST(AppendDouble, LaysOutAsRedis72Does) {
  const std::pair<double, std::string_view> cases[] = {
      {0.0, "0"},
      {-0.0, "-0"},
      {3.0, "3"},
      {-3.0, "-3"},
      {0.1, "0.1"},
      {-1.5, "-1.5"},
      {3.141592653589793, "3.141592653589793"},
      {100000000000, "100000000000"},
      {4611686018427387904.0, "4611686018427387904"},
      {4611686018427388928.0, "4611686018427389000"},
      {1e19, "1e+19"},
      {1e20, "1e+20"},
      {1.2345678e20, "1.2345678e+20"},
      {123456789012345680000.0, "123456789012345680000"},
      {0.001, "0.001"},
      {0.000001, "0.000001"},
      {1e-7, "1e-7"},
      {1.5e-7, "1.5e-7"},
      {0.000123456789, "1.23456789e-4"},
      {1234.567890123, "1234.567890123"},
      {12345.67890123, "1.234567890123e+4"},
      {12345.678, "12345.678"},
      {1e100, "1e+100"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {5e-324, "5e-324"},
      {std::numeric_limits<double>::infinity(), "inf"},
      {-std::numeric_limits<double>::infinity(), "-inf"},
      {std::numeric_limits<double>::quiet_NaN(), "nan"},
      {-std::numeric_limits<double>::quiet_NaN(), "nan"},
  };
  for (const auto& [value, text] : cases) EXPECT_EQ(DoubleText(value), text);
}

TEST(AppendDouble, EveryDoubleComesBack) {
  constexpr uint64_t kSeed = 6;
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  for (int i = 0; i < 20'000; ++i) {
    const auto value = std::bit_cast<double>(random.Next());
    if (!std::isfinite(value)) continue;
    const std::string text = DoubleText(value);
    EXPECT_LE(text.size(), 25u);
    EXPECT_EQ(ParseDouble(text), value) << text;
  }
}

TEST(FormatLongDouble, HasNoTrailingZerosAndNoExponent) {
  EXPECT_EQ(FormatLongDouble(0), "0");
  EXPECT_EQ(FormatLongDouble(-0.0L), "0");
  EXPECT_EQ(FormatLongDouble(-1e-30L), "0");
  EXPECT_EQ(FormatLongDouble(100), "100");
  EXPECT_EQ(FormatLongDouble(10.5L), "10.5");
  EXPECT_EQ(FormatLongDouble(5.0e3L), "5000");
  EXPECT_EQ(FormatLongDouble(10.1L), "10.1");
  EXPECT_EQ(FormatLongDouble(3.0e-5L), "0.00003");
  EXPECT_EQ(FormatLongDouble(1e20L), "100000000000000000000");
  EXPECT_EQ(FormatLongDouble(std::numeric_limits<long double>::infinity()), "inf");
  EXPECT_EQ(FormatLongDouble(-std::numeric_limits<long double>::infinity()), "-inf");
  EXPECT_EQ(FormatLongDouble(std::numeric_limits<long double>::max()).size(), 4933u);
}

TEST(ParseMemorySize, KnowsTheUnitsOfRedis) {
  EXPECT_EQ(ParseMemorySize("0"), 0u);
  EXPECT_EQ(ParseMemorySize("007"), 7u);
  EXPECT_EQ(ParseMemorySize("10b"), 10u);
  EXPECT_EQ(ParseMemorySize("1k"), 1000u);
  EXPECT_EQ(ParseMemorySize("1kb"), 1024u);
  EXPECT_EQ(ParseMemorySize("5M"), 5'000'000u);
  EXPECT_EQ(ParseMemorySize("512Mb"), 512u << 20);
  EXPECT_EQ(ParseMemorySize("2g"), 2'000'000'000u);
  EXPECT_EQ(ParseMemorySize("1GB"), 1u << 30);
  EXPECT_EQ(ParseMemorySize("18446744073709551615"), std::numeric_limits<uint64_t>::max());
}

TEST(ParseMemorySize, RefusesTheRest) {
  for (const std::string_view text : {"", "-1", "+1", " 1", "1 kb", "1.5gb", "kb", "1tb", "1kbx",
                                      "18446744073709551616", "99999999999gb"}) {
    EXPECT_EQ(ParseMemorySize(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace cordwood

#include "keyspace/types/score_order.h"

#include <bit>
#include <cmath>

#include "base/check.h"

namespace cordwood::keyspace {
namespace {

constexpr size_t kScoreBytes = sizeof(uint64_t);
constexpr uint64_t kSign = uint64_t{1} << 63;
constexpr std::string_view kMinusZero{"\0", 1};

double ScoreOf(uint64_t ordered) {
  return std::bit_cast<double>((ordered & kSign) != 0 ? ordered ^ kSign : ~ordered);
}

std::string PlaceOf(uint64_t ordered_score) { return OrderSubkey(ordered_score, {}); }

/// The place of a bound among members of one score. A name that ends in a zero byte is the next.
std::string PlaceOf(uint64_t ordered_score, const LexBound& bound, bool behind_name) {
  std::string place = OrderSubkey(ordered_score, bound.name);
  if (behind_name) place.push_back('\0');
  return place;
}

}  // namespace

uint64_t OrderedScore(double score) {
  CHECK(!std::isnan(score));
  const auto bits = std::bit_cast<uint64_t>(score == 0 ? 0.0 : score);
  return (bits & kSign) != 0 ? ~bits : bits ^ kSign;
}

std::string ScoreBytes(double score) {
  std::string bytes;
  AppendFixed(bytes, score);
  return bytes;
}

Result<double> ScoreOfBytes(std::string_view bytes) {
  if (bytes.size() == kScoreBytes) {
    const auto score = LoadFixed<double>(bytes.data());
    if (!std::isnan(score)) return score;
  }
  return Fail(ErrorCode::kCorruption, "the score of a member is none");
}

std::string OrderSubkey(uint64_t ordered_score, std::string_view member) {
  std::string subkey;
  subkey.reserve(kScoreBytes + member.size() + 1);
  AppendBigEndian64(subkey, ordered_score);
  subkey += member;
  return subkey;
}

std::string_view OrderValue(double score) {
  return score == 0 && std::signbit(score) ? kMinusZero : std::string_view();
}

Result<ScoredMember> OrderElementOf(std::string_view subkey, std::string_view value) {
  if (subkey.size() >= kScoreBytes && (value.empty() || value == kMinusZero)) {
    const double score = value.empty() ? ScoreOf(LoadBigEndian64(subkey.data())) : -0.0;
    if (!std::isnan(score))
      return ScoredMember{.member = subkey.substr(kScoreBytes), .score = score};
  }
  return Fail(ErrorCode::kCorruption, "an element in the order of scores is malformed");
}

bool IsBeforePlace(const ScoredMember& scored, std::string_view place) {
  if (place.size() < kScoreBytes) return OrderSubkey(scored) < place;
  const uint64_t ordered = OrderedScore(scored.score);
  const uint64_t other = LoadBigEndian64(place.data());
  return ordered != other ? ordered < other : scored.member < place.substr(kScoreBytes);
}

bool IsBefore(const ScoredMember& a, const ScoredMember& b) {
  return a.score != b.score ? a.score < b.score : a.member < b.member;
}

OrderRange OrderOf(const ScoreRange& range) {
  if (range.IsEmpty()) return {.begin = PlaceOf(1), .end = PlaceOf(0)};
  // Behind every score there is a number left: those above infinity are no scores.
  const uint64_t begin = OrderedScore(range.min) + (range.without_min ? 1 : 0);
  const uint64_t end = OrderedScore(range.max) + (range.without_max ? 0 : 1);
  return {.begin = PlaceOf(begin), .end = PlaceOf(end)};
}

OrderRange OrderOf(const LexRange& range, uint64_t ordered_score) {
  using Kind = LexBound::Kind;
  OrderRange order = {.begin = PlaceOf(0)};
  if (range.IsEmpty()) {
    order.end = PlaceOf(0);
    return order;
  }
  if (range.min.kind != Kind::kBeforeAll) {
    order.begin = PlaceOf(ordered_score, range.min, range.min.kind == Kind::kWithout);
  }
  if (range.max.kind != Kind::kBehindAll) {
    order.end = PlaceOf(ordered_score, range.max, range.max.kind == Kind::kWith);
  }
  return order;
}

}  // namespace cordwood::keyspace

#include "commands/geo/geohash.h"

#include <algorithm>

namespace cordwood::commands::geo {
namespace {

constexpr double kGeohashLatitudeMax = 90;
constexpr uint64_t kLatitudeBits = 0x5555555555555555;
constexpr uint64_t kLongitudeBits = 0xaaaaaaaaaaaaaaaa;

/// Moves the bits of a number apart: bit i becomes bit 2i.
uint64_t Spread(uint32_t number) {
  uint64_t bits = number;
  bits = (bits | bits << 16) & 0x0000ffff0000ffff;
  bits = (bits | bits << 8) & 0x00ff00ff00ff00ff;
  bits = (bits | bits << 4) & 0x0f0f0f0f0f0f0f0f;
  bits = (bits | bits << 2) & 0x3333333333333333;
  return (bits | bits << 1) & 0x5555555555555555;
}

/// The reverse: takes every second bit.
uint32_t Gather(uint64_t bits) {
  bits &= 0x5555555555555555;
  bits = (bits | bits >> 1) & 0x3333333333333333;
  bits = (bits | bits >> 2) & 0x0f0f0f0f0f0f0f0f;
  bits = (bits | bits >> 4) & 0x00ff00ff00ff00ff;
  bits = (bits | bits >> 8) & 0x0000ffff0000ffff;
  return static_cast<uint32_t>(bits | bits >> 16);
}

/// Which of the 2^step parts of [-max, max] it lies in.
uint32_t PartOf(double degrees, double max, int step) {
  const double offset = (degrees - -max) / (max - -max);
  return static_cast<uint32_t>(offset * static_cast<double>(uint64_t{1} << step));
}

/// Where a part begins.
double BeginOf(uint32_t part, double max, int step) {
  const double offset = part * 1.0 / static_cast<double>(uint64_t{1} << step);
  return -max + offset * (max - -max);
}

Cell CellOnGrid(const Position& position, double latitude_max, int step) {
  const uint32_t latitude = PartOf(position.latitude, latitude_max, step);
  const uint32_t longitude = PartOf(position.longitude, kLongitudeMax, step);
  return {.bits = Spread(latitude) | Spread(longitude) << 1, .step = step};
}

/// One further, or back, among the bits of one axis.
uint64_t Moved(uint64_t bits, uint64_t axis, int direction, int step) {
  const uint64_t whole = ~uint64_t{0} >> (64 - 2 * step);
  // What lies between the bits of the axis lets a carry through if it is set.
  const uint64_t between = ~axis & whole;
  if (direction > 0) return ((bits & axis) + (between + 1)) & axis & whole;
  if (direction < 0) return (((bits & axis) | between) - (between + 1)) & axis & whole;
  return bits & axis;
}

/// As x86-64 converts a double that may be out of range: nothing stops a client from storing it.
uint64_t ToBits(double score) {
  constexpr double kHalf = 0x1p63;
  constexpr uint64_t kOutOfRange = uint64_t{1} << 63;
  const auto to_signed = [](double number) {
    const bool fits = number >= -kHalf && number < kHalf;
    return fits ? static_cast<uint64_t>(static_cast<int64_t>(number)) : kOutOfRange;
  };
  return score < kHalf ? to_signed(score) : to_signed(score - kHalf) ^ kOutOfRange;
}

}  // namespace

Cell CellAt(const Position& position, int step) { return CellOnGrid(position, kLatitudeMax, step); }

Box BoxOf(const Cell& cell) {
  const uint32_t latitude = Gather(cell.bits);
  const uint32_t longitude = Gather(cell.bits >> 1);
  return {.min = {.longitude = BeginOf(longitude, kLongitudeMax, cell.step),
                  .latitude = BeginOf(latitude, kLatitudeMax, cell.step)},
          .max = {.longitude = BeginOf(longitude + 1, kLongitudeMax, cell.step),
                  .latitude = BeginOf(latitude + 1, kLatitudeMax, cell.step)}};
}

Cell Neighbor(const Cell& cell, int east, int north) {
  return {.bits = Moved(cell.bits, kLongitudeBits, east, cell.step) |
                  Moved(cell.bits, kLatitudeBits, north, cell.step),
          .step = cell.step};
}

keyspace::ScoreRange ScoresOf(const Cell& cell) {
  const int shift = 2 * (kStepMax - cell.step);
  return {.min = static_cast<double>(cell.bits << shift),
          .max = static_cast<double>((cell.bits + 1) << shift),
          .without_max = true};
}

double ScoreOf(const Position& position) {
  return static_cast<double>(CellAt(position, kStepMax).bits);
}

Position PositionOf(double score) {
  const Box box = BoxOf({.bits = ToBits(score)});
  const double longitude = (box.min.longitude + box.max.longitude) / 2;
  const double latitude = (box.min.latitude + box.max.latitude) / 2;
  return {.longitude = std::clamp(longitude, -kLongitudeMax, kLongitudeMax),
          .latitude = std::clamp(latitude, -kLatitudeMax, kLatitudeMax)};
}

std::string GeohashOf(const Position& position) {
  constexpr std::string_view kLetters = "0123456789bcdefghjkmnpqrstuvwxyz";
  constexpr int kBitsOfLetter = 5;
  const uint64_t bits = CellOnGrid(position, kGeohashLatitudeMax, kStepMax).bits;
  std::string text;
  for (int left = 2 * kStepMax - kBitsOfLetter; left >= 0; left -= kBitsOfLetter) {
    text.push_back(kLetters[bits >> left & 0x1f]);
  }
  text.push_back('0');
  return text;
}

}  // namespace cordwood::commands::geo

#include "commands/geo/search_request.h"

#include <utility>

#include "base/ascii.h"
#include "base/format.h"
#include "base/number.h"
#include "commands/core/error_texts.h"
#include "commands/geo/arguments.h"

namespace cordwood::commands::geo {
namespace {

using Form = SearchRequest::Form;
using Order = SearchRequest::Order;

Argument<double> ParseLength(std::string_view text, std::string_view what) {
  if (const std::optional<double> length = ParseDouble(text)) return *length;
  return std::unexpected(Format("ERR need numeric {}", what));
}

/// Reads arguments from the left, until one is wrong.
class Parser {
 public:
  Parser(std::span<const std::string_view> argv, const SearchSyntax& syntax)
      : argv_(argv), syntax_(syntax) {}

  SearchRequest Parse() {
    ReadFront();
    while (request_.error.empty() && at_ < argv_.size()) ReadOption();
    if (request_.error.empty()) CheckTogether();
    return std::move(request_);
  }

 private:
  bool is_search() const {
    return syntax_.form == Form::kSearch || syntax_.form == Form::kSearchAndStore;
  }

  /// What stands in front of the options.
  void ReadFront() {
    switch (syntax_.form) {
      case Form::kRadius:
        at_ = 2;
        if (ReadCenter()) ReadCircle(request_.error);
        break;
      case Form::kRadiusByMember:
        at_ = 2;
        ReadMember();
        ReadCircle(request_.error_of_distance);
        break;
      case Form::kSearch:
        at_ = 2;
        break;
      case Form::kSearchAndStore:
        request_.destination = std::string(argv_[1]);
        at_ = 3;
        break;
    }
  }

  void ReadOption() {
    if (!ReadFlag() && !ReadCount() && !ReadStore() && !ReadFrom() && !ReadBy()) {
      request_.error = kSyntaxError;
    }
  }

  bool ReadFlag() {
    return TakeAs("WITHDIST", request_.with_distance, true) ||
           TakeAs("WITHHASH", request_.with_hash, true) ||
           TakeAs("WITHCOORD", request_.with_position, true) || TakeAs("ANY", request_.any, true) ||
           TakeAs("ASC", request_.order, Order::kNearestFirst) ||
           TakeAs("DESC", request_.order, Order::kFarthestFirst);
  }

  bool ReadCount() {
    if (!Take("COUNT", 1)) return false;
    const std::optional<int64_t> count = ParseInt64(Next());
    if (!count) {
      request_.error = kNotAnInteger;
    } else if (*count <= 0) {
      request_.error = "ERR COUNT must be > 0";
    } else {
      request_.count = static_cast<uint64_t>(*count);
    }
    return true;
  }

  bool ReadStore() {
    if (syntax_.form == Form::kSearchAndStore) {
      return TakeAs("STOREDIST", request_.stores_distances, true);
    }
    if (!syntax_.may_store) return false;
    const bool stores_distances = left() > 0 && EqualsIgnoreCase(argv_[at_], "STOREDIST");
    if (!Take("STORE", 1) && !Take("STOREDIST", 1)) return false;
    request_.destination = std::string(Next());
    request_.stores_distances = stores_distances;
    return true;
  }

  bool ReadFrom() {
    if (!is_search()) return false;
    if (!has_center_ && Take("FROMMEMBER", 1)) {
      ReadMember();
      return true;
    }
    if (!request_.member && Take("FROMLONLAT", 2)) {
      has_center_ = ReadCenter();
      return true;
    }
    return false;
  }

  bool ReadBy() {
    if (!is_search()) return false;
    if (!has_box_ && Take("BYRADIUS", 2)) {
      ReadCircle(request_.error);
      has_circle_ = true;
      return true;
    }
    if (!has_circle_ && Take("BYBOX", 3)) {
      ReadBox();
      has_box_ = true;
      return true;
    }
    return false;
  }

  void ReadMember() { request_.member = std::string(Next()); }

  bool ReadCenter() {
    const std::string_view longitude = Next();
    const std::string_view latitude = Next();
    return Keep(ParsePosition(longitude, latitude), request_.area.center, request_.error);
  }

  void ReadCircle(std::string& error) {
    SearchArea& area = request_.area;
    const std::string_view radius = Next();
    const std::string_view unit = Next();
    if (!Keep(ParseLength(radius, "radius"), area.radius, error)) return;
    if (area.radius < 0) {
      error = "ERR radius cannot be negative";
    } else {
      Keep(ParseUnit(unit), area.unit_meters, error);
    }
  }

  void ReadBox() {
    SearchArea& area = request_.area;
    std::string& error = request_.error;
    area.is_box = true;
    const std::string_view width = Next();
    const std::string_view height = Next();
    const std::string_view unit = Next();
    if (!Keep(ParseLength(width, "width"), area.width, error)) return;
    if (!Keep(ParseLength(height, "height"), area.height, error)) return;
    if (area.width < 0 || area.height < 0) {
      error = "ERR height or width cannot be negative";
    } else {
      Keep(ParseUnit(unit), area.unit_meters, error);
    }
  }

  /// What only shows once all is read.
  void CheckTogether() {
    const bool replies_more =
        request_.with_distance || request_.with_hash || request_.with_position;
    if (request_.destination && replies_more) {
      request_.error =
          Format("ERR {} is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
                 is_search() ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS");
    } else if (is_search() && !request_.member && !has_center_) {
      request_.error = Format("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for {}",
                              AsPrintedLast(argv_[0]));
    } else if (is_search() && !has_circle_ && !has_box_) {
      request_.error = Format("ERR exactly one of BYRADIUS and BYBOX can be specified for {}",
                              AsPrintedLast(argv_[0]));
    } else if (request_.any && request_.count == 0) {
      request_.error = "ERR the ANY argument requires COUNT argument";
    }
    // The nearest ones, if it is not said which.
    const bool wants_nearest = request_.count != 0 && !request_.any;
    if (request_.order == Order::kNone && wants_nearest) request_.order = Order::kNearestFirst;
  }

  /// Takes the next argument if it is `keyword` and so many follow it.
  bool Take(std::string_view keyword, size_t operands = 0) {
    if (left() < 1 + operands || !EqualsIgnoreCase(argv_[at_], keyword)) return false;
    ++at_;
    return true;
  }
  template <typename T>
  bool TakeAs(std::string_view keyword, T& what, T value) {
    if (!Take(keyword)) return false;
    what = value;
    return true;
  }
  std::string_view Next() { return argv_[at_++]; }
  size_t left() const { return argv_.size() - at_; }

  template <typename T>
  static bool Keep(Argument<T> parsed, T& value, std::string& error) {
    if (!parsed) {
      error = std::move(parsed).error();
      return false;
    }
    value = *parsed;
    return true;
  }

  const std::span<const std::string_view> argv_;
  const SearchSyntax syntax_;
  size_t at_ = 0;
  SearchRequest request_;
  bool has_center_ = false;
  bool has_circle_ = false;
  bool has_box_ = false;
};

}  // namespace

SearchRequest ParseSearch(std::span<const std::string_view> argv, const SearchSyntax& syntax) {
  return Parser(argv, syntax).Parse();
}

}  // namespace cordwood::commands::geo

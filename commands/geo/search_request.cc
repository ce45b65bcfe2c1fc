#include "commands/geo/search_request.h"

#include <utility>

#include "base/format.h"
#include "base/number.h"
#include "commands/core/arg_cursor.h"
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
      : name_(argv[0]), syntax_(syntax), args_(argv, 1) {}

  SearchRequest Parse() {
    ReadFront();
    while (request_.error.empty() && !args_.done()) ReadOption();
    if (request_.error.empty()) CheckTogether();
    return std::move(request_);
  }

 private:
  bool is_search() const {
    return syntax_.form == Form::kSearch || syntax_.form == Form::kSearchAndStore;
  }

  /// What stands in front of the options.
  void ReadFront() {
    const std::string_view first_key = args_.Next();
    switch (syntax_.form) {
      case Form::kRadius:
        if (ReadCenter()) ReadCircle(request_.error);
        break;
      case Form::kRadiusByMember:
        ReadMember();
        ReadCircle(request_.error_of_distance);
        break;
      case Form::kSearch:
        break;
      case Form::kSearchAndStore:
        request_.destination = std::string(first_key);
        args_.Next();
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
    if (!args_.MatchBefore("COUNT", 1)) return false;
    const std::optional<int64_t> count = ParseInt64(args_.Next());
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
    const bool stores_distances = args_.MatchBefore("STOREDIST", 1);
    if (!stores_distances && !args_.MatchBefore("STORE", 1)) return false;
    request_.destination = std::string(args_.Next());
    request_.stores_distances = stores_distances;
    return true;
  }

  bool ReadFrom() {
    if (!is_search()) return false;
    if (!has_center_ && args_.MatchBefore("FROMMEMBER", 1)) {
      ReadMember();
      return true;
    }
    if (request_.members.empty() && args_.MatchBefore("FROMLONLAT", 2)) {
      has_center_ = ReadCenter();
      return true;
    }
    return false;
  }

  bool ReadBy() {
    if (!is_search()) return false;
    if (!has_box_ && args_.MatchBefore("BYRADIUS", 2)) {
      ReadCircle(request_.error);
      has_circle_ = true;
      return true;
    }
    if (!has_circle_ && args_.MatchBefore("BYBOX", 3)) {
      ReadBox();
      has_box_ = true;
      return true;
    }
    return false;
  }

  void ReadMember() { request_.members.emplace_back(args_.Next()); }

  bool ReadCenter() {
    const std::string_view longitude = args_.Next();
    const std::string_view latitude = args_.Next();
    return Keep(ParsePosition(longitude, latitude), request_.area.center, request_.error);
  }

  void ReadCircle(std::string& error) {
    SearchArea& area = request_.area;
    const std::string_view radius = args_.Next();
    const std::string_view unit = args_.Next();
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
    const std::string_view width = args_.Next();
    const std::string_view height = args_.Next();
    const std::string_view unit = args_.Next();
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
    } else if (is_search() && request_.members.empty() && !has_center_) {
      request_.error = Format("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for {}",
                              AsPrintedLast(name_));
    } else if (is_search() && !has_circle_ && !has_box_) {
      request_.error = Format("ERR exactly one of BYRADIUS and BYBOX can be specified for {}",
                              AsPrintedLast(name_));
    } else if (request_.any && request_.count == 0) {
      request_.error = "ERR the ANY argument requires COUNT argument";
    }
    // The nearest ones, if it is not said which.
    const bool wants_nearest = request_.count != 0 && !request_.any;
    if (request_.order == Order::kNone && wants_nearest) request_.order = Order::kNearestFirst;
  }

  template <typename T>
  bool TakeAs(std::string_view keyword, T& what, T value) {
    if (!args_.Match(keyword)) return false;
    what = value;
    return true;
  }

  template <typename T>
  static bool Keep(Argument<T> parsed, T& value, std::string& error) {
    if (!parsed) {
      error = std::move(parsed).error();
      return false;
    }
    value = *parsed;
    return true;
  }

  const std::string_view name_;
  const SearchSyntax syntax_;
  ArgCursor args_;
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

// GEORADIUS and GEORADIUSBYMEMBER, which GEOSEARCH has taken the place of, and their read-only
// forms. Those that may store are writes, whether they do or not.

#include "commands/all_commands.h"
#include "commands/core/row.h"
#include "commands/core/sliced.h"
#include "commands/geo/search_read.h"
#include "commands/geo/search_request.h"
#include "commands/geo/search_store.h"

namespace cordwood::commands::geo {
namespace {

using Form = SearchRequest::Form;

Status SearchOrStore(Call& call, Form form) {
  const SearchRequest request = ParseSearch(call.argv, {.form = form, .may_store = true});
  if (request.destination) return StoreSearch(call, call.argv[1], request, "georadiusstore");
  SearchRead read(call.argv[1], request);
  return RunThrough(call, read);
}

Status GeoRadius(Call& call) { return SearchOrStore(call, Form::kRadius); }

Status GeoRadiusRo(Call& call) { return ReplySearch(call, {.form = Form::kRadius}); }

Status GeoRadiusByMember(Call& call) { return SearchOrStore(call, Form::kRadiusByMember); }

Status GeoRadiusByMemberRo(Call& call) {
  return ReplySearch(call, {.form = Form::kRadiusByMember});
}

constexpr std::string_view kComplexityOfRadius =
    "O(N+M log M) where N is the number of members in the cells that cover the circle, and M that "
    "of those inside";

/// Where the destination is, from the argument at `first_option` on.
constexpr KeySpec StoreKey(std::string_view keyword, int first_option) {
  return {.access = kOW | kUpdate, .index = first_option, .keyword = keyword};
}

constexpr Command kRowsOfRadius[] = {
    {.name = "georadius",
     .arity = -6,
     .flags = kWrite | kDenyOom,
     .keys = {Key(1, kRO | kAccess), StoreKey("STORE", 6), StoreKey("STOREDIST", 6)},
     .handler = GeoRadius,
     .categories = kGeoCategory,
     .docs = {.group = "geo",
              .since = "3.2.0",
              .complexity = kComplexityOfRadius,
              .arguments = "key#0 longitude:double latitude:double radius:double "
                           "unit=('m'=m | 'km'=km | 'ft'=ft | 'mi'=mi) [WITHCOORD] [WITHDIST] "
                           "[WITHHASH] [count-block=<COUNT count:integer [ANY@6.2.0]>] "
                           "[order=(ASC | DESC)] "
                           "[store=(STORE storekey#1{key} | STOREDIST storedistkey#2{key})]",
              .summary = "Returns or stores the members within a distance from a position.",
              .deprecated_since = "6.2.0",
              .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument"}},
    {.name = "georadius_ro",
     .arity = -6,
     .flags = kReadOnly,
     .keys = {Key(1, kRO | kAccess)},
     .handler = GeoRadiusRo,
     .categories = kGeoCategory,
     .docs = {.group = "geo",
              .since = "3.2.10",
              .complexity = kComplexityOfRadius,
              .arguments = "key#0 longitude:double latitude:double radius:double "
                           "unit=('m'=m | 'km'=km | 'ft'=ft | 'mi'=mi) [WITHCOORD] [WITHDIST] "
                           "[WITHHASH] [count-block=<COUNT count:integer [ANY@6.2.0]>] "
                           "[order=(ASC | DESC)]",
              .summary = "Returns the members within a distance from a position.",
              .deprecated_since = "6.2.0",
              .replaced_by = "`GEOSEARCH` with the `BYRADIUS` argument"}},
    {.name = "georadiusbymember",
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .keys = {Key(1, kRO | kAccess), StoreKey("STORE", 5), StoreKey("STOREDIST", 5)},
     .handler = GeoRadiusByMember,
     .categories = kGeoCategory,
     .docs = {.group = "geo",
              .since = "3.2.0",
              .complexity = kComplexityOfRadius,
              .arguments = "key#0 member radius:double "
                           "unit=('m'=m | 'km'=km | 'ft'=ft | 'mi'=mi) [WITHCOORD] [WITHDIST] "
                           "[WITHHASH] [count-block=<COUNT count:integer [ANY]>] "
                           "[order=(ASC | DESC)] "
                           "[store=(STORE storekey#1{key} | STOREDIST storedistkey#2{key})]",
              .summary = "Returns or stores the members within a distance from a member.",
              .deprecated_since = "6.2.0",
              .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and "
                             "`FROMMEMBER` arguments"}},
    {.name = "georadiusbymember_ro",
     .arity = -5,
     .flags = kReadOnly,
     .keys = {Key(1, kRO | kAccess)},
     .handler = GeoRadiusByMemberRo,
     .categories = kGeoCategory,
     .docs = {.group = "geo",
              .since = "3.2.10",
              .complexity = kComplexityOfRadius,
              .arguments = "key#0 member radius:double "
                           "unit=('m'=m | 'km'=km | 'ft'=ft | 'mi'=mi) [WITHCOORD] [WITHDIST] "
                           "[WITHHASH] [count-block=<COUNT count:integer [ANY]>] "
                           "[order=(ASC | DESC)]",
              .summary = "Returns the members within a distance from a member.",
              .deprecated_since = "6.2.0",
              .replaced_by = "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments"}},
};

}  // namespace

Rows RadiusRows() { return kRowsOfRadius; }

}  // namespace cordwood::commands::geo

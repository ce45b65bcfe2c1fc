// GEOSEARCH and GEOSEARCHSTORE.

#include "commands/all_commands.h"
#include "commands/core/row.h"
#include "commands/geo/search_read.h"
#include "commands/geo/search_request.h"
#include "commands/geo/search_store.h"

namespace cordwood::commands::geo {
namespace {

using Form = SearchRequest::Form;

Status GeoSearch(Call& call) { return ReplySearch(call, {.form = Form::kSearch}); }

Status GeoSearchStore(Call& call) {
  const SearchRequest request = ParseSearch(call.argv, {.form = Form::kSearchAndStore});
  return StoreSearch(call, call.argv[2], request, "geosearchstore");
}

constexpr std::string_view kComplexityOfSearch =
    "O(N+M log M) where N is the number of members in the cells that cover the area, and M that of "
    "those inside";

constexpr Command kRowsOfSearch[] = {
    {.name = "geosearch",
     .arity = -7,
     .flags = kReadOnly,
     .keys = {Key(1, kRO | kAccess)},
     .handler = GeoSearch,
     .categories = kGeoCategory,
     .docs = {.group = "geo",
              .since = "6.2.0",
              .complexity = kComplexityOfSearch,
              .arguments = "key#0 "
                           "from=(FROMMEMBER member | FROMLONLAT fromlonlat=<longitude:double "
                           "latitude:double>) "
                           "by=(circle=<BYRADIUS radius:double unit=('m'=m | 'km'=km | 'ft'=ft | "
                           "'mi'=mi)> | box=<BYBOX width:double height:double unit=('m'=m | "
                           "'km'=km | 'ft'=ft | 'mi'=mi)>) "
                           "[order=(ASC | DESC)] [count-block=<COUNT count:integer [ANY]>] "
                           "[WITHCOORD] [WITHDIST] [WITHHASH]",
              .summary = "Returns the members inside of a circle or a box."}},
    {.name = "geosearchstore",
     .arity = -8,
     .flags = kWrite | kDenyOom,
     .keys = {Key(1, kOW | kUpdate), Key(2, kRO | kAccess)},
     .handler = GeoSearchStore,
     .categories = kGeoCategory,
     .docs = {.group = "geo",
              .since = "6.2.0",
              .complexity = kComplexityOfSearch,
              .arguments = "destination#0 source#1 "
                           "from=(FROMMEMBER member | FROMLONLAT fromlonlat=<longitude:double "
                           "latitude:double>) "
                           "by=(circle=<BYRADIUS radius:double unit=('m'=m | 'km'=km | 'ft'=ft | "
                           "'mi'=mi)> | box=<BYBOX width:double height:double unit=('m'=m | "
                           "'km'=km | 'ft'=ft | 'mi'=mi)>) "
                           "[order=(ASC | DESC)] [count-block=<COUNT count:integer [ANY]>] "
                           "[STOREDIST]",
              .summary = "Stores the members inside of a circle or a box."}},
};

}  // namespace

Rows SearchRows() { return kRowsOfSearch; }

}  // namespace cordwood::commands::geo

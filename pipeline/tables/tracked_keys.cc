#include "pipeline/tables/tracked_keys.h"

#include <algorithm>

#include "base/hash.h"

namespace cordwood::pipeline {
namespace {

// A node of the map, about.
constexpr uint64_t kEntryBytes = 112;
constexpr int kFreedAtOnce = 1000;

}  // namespace

uint64_t TrackedKeys::BytesOf(const Keys::value_type& entry) {
  return kEntryBytes + entry.first.second.capacity() + entry.second.capacity() * sizeof(Reader);
}

void TrackedKeys::Add(std::string_view key, const Reader& reader) {
  const NameView name(Hash64(key, seed_), key);
  auto entry = keys_.find(name);
  if (entry == keys_.end()) {
    entry = keys_.emplace(Name(name.first, key), Readers()).first;
    bytes_ += BytesOf(*entry);
  }
  Readers& readers = entry->second;
  const auto place = [&] {
    return std::ranges::lower_bound(readers, reader.client, {}, &Reader::client);
  };
  const auto known = place();
  if (known != readers.end() && known->client == reader.client) {
    known->seen = std::min(known->seen, reader.seen);
    return;
  }
  bytes_ -= BytesOf(*entry);
  if (readers.size() == readers.capacity()) {
    items_ -= std::erase_if(readers, [this](const Reader& each) { return !tracks_(each.client); });
  }
  readers.insert(place(), reader);
  ++items_;
  bytes_ += BytesOf(*entry);
}

TrackedKeys::Readers TrackedKeys::Take(std::string_view key, const Moment& change) {
  const auto entry = keys_.find(NameView(Hash64(key, seed_), key));
  if (entry == keys_.end()) return {};
  Readers& readers = entry->second;
  const auto has_seen = [&](const Reader& reader) { return reader.seen > change; };
  if (std::ranges::none_of(readers, has_seen)) return TakeOut(entry);
  Readers taken;
  for (const Reader& reader : readers) {
    if (!has_seen(reader)) taken.push_back(reader);
  }
  std::erase_if(readers, std::not_fn(has_seen));
  items_ -= taken.size();
  return taken;
}

TrackedKeys::Taken TrackedKeys::TakeAny(uint64_t random) {
  auto entry = keys_.lower_bound(NameView(random, {}));
  if (entry == keys_.end()) entry = keys_.begin();
  std::string key = entry->first.second;
  return {.key = std::move(key), .readers = TakeOut(entry)};
}

TrackedKeys::Readers TrackedKeys::TakeOut(Keys::iterator entry) {
  bytes_ -= BytesOf(*entry);
  items_ -= entry->second.size();
  Readers readers = std::move(entry->second);
  keys_.erase(entry);
  return readers;
}

void TrackedKeys::Clear() {
  if (!keys_.empty()) cleared_.push_back(std::exchange(keys_, {}));
  items_ = 0;
}

void TrackedKeys::FreeSome() {
  Keys& keys = cleared_.back();
  for (int freed = 0; freed < kFreedAtOnce && !keys.empty(); ++freed) {
    bytes_ -= BytesOf(*keys.begin());
    keys.erase(keys.begin());
  }
  if (keys.empty()) cleared_.pop_back();
}

}  // namespace cordwood::pipeline

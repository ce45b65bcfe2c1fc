#include "keyspace/core/keyspace.h"

namespace cordwood::keyspace {

Result<std::unique_ptr<Keyspace>> Keyspace::Open(Env& env, const std::string& dir,
                                                 storage::StoreOptions store_options,
                                                 const KeyspaceOptions& options) {
  std::unique_ptr<Keyspace> keyspace(new Keyspace(options));
  store_options.counting = &keyspace->counting_;
  CW_ASSIGN(keyspace->store_, storage::Store::Open(env, dir, store_options));
  storage::Reader reader(*keyspace->store_);
  storage::View view = reader.Newest(storage::Tier::kMayBlock);
  CW_TRY(keyspace->databases_.Load(view));
  for (const Generation generation : keyspace->databases_.written()) {
    keyspace->deadline_floors_.Raise(generation, TablePrefix(generation, Table::kDeadline));
  }
  return keyspace;
}

void Keyspace::Tick() {
  store_->Tick();
  if (databases_.older() > 0) databases_.Forget(store_->OldestReader());
}

int64_t Keyspace::NewestCount(int db, CounterKind kind) const {
  return store_->NewestCount(CounterId(databases_.Newest(db), kind));
}

}  // namespace cordwood::keyspace

#include "storage/compaction/read_points.h"

#include <algorithm>

namespace cordwood::storage {

ReadPoints::ReadPoints(std::vector<Seq> seqs, Seq visible) : seqs_(std::move(seqs)) {
  std::erase_if(seqs_, [&](Seq seq) { return seq >= visible; });
  seqs_.push_back(visible);
  std::sort(seqs_.begin(), seqs_.end());
  seqs_.erase(std::unique(seqs_.begin(), seqs_.end()), seqs_.end());
}

Seq ReadPoints::FirstFrom(Seq seq) const {
  if (seq >= visible()) return seq;
  return *std::lower_bound(seqs_.begin(), seqs_.end(), seq);
}

}  // namespace cordwood::storage

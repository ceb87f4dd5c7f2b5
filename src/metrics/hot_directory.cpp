#include "metrics/hot_directory.hpp"

#include <algorithm>
#include <bit>
#include <mutex>

namespace pharos::metrics {
namespace {

std::size_t scatter(std::uint64_t key) {
  return static_cast<std::size_t>((key * 0x9e3779b97f4a7c15u) >> 20);
}

}  // namespace

HotDirectory::~HotDirectory() {
  for (auto& chunk : chunks_) ::operator delete(chunk.load(std::memory_order_relaxed));
}

const HotDirectory::Page* HotDirectory::find(std::uint64_t key) const {
  const Table* table = table_.load(std::memory_order_acquire);
  if (table == nullptr) return nullptr;
  for (std::size_t slot = scatter(key) & table->mask;; slot = (slot + 1) & table->mask) {
    const Page* page = table->slots[slot].load(std::memory_order_acquire);
    if (page == nullptr || page->key == key) return page;
  }
}

HotDirectory::Page& HotDirectory::page(std::uint64_t key) {
  if (const Page* known = find(key)) return const_cast<Page&>(*known);
  const auto insert = [](Table& table, Page* page) {
    std::size_t slot = scatter(page->key) & table.mask;
    while (table.slots[slot].load(std::memory_order_relaxed) != nullptr)
      slot = (slot + 1) & table.mask;
    table.slots[slot].store(page, std::memory_order_release);
  };
  const std::size_t capacity = tables_.empty() ? 0 : tables_.back()->mask + 1;
  if ((pages_.size() + 1) * 2 > capacity) {
    auto grown = std::make_unique<Table>();
    const auto slots = std::max<std::size_t>(16, capacity * 2);
    grown->mask = slots - 1;
    grown->slots = std::make_unique<std::atomic<Page*>[]>(slots);
    for (const auto& page : pages_) insert(*grown, page.get());
    table_.store(grown.get(), std::memory_order_release);
    tables_.push_back(std::move(grown));
  }
  pages_.push_back(std::make_unique<Page>());
  Page& fresh = *pages_.back();
  fresh.key = key;
  insert(*tables_.back(), &fresh);
  return fresh;
}

std::uint32_t HotDirectory::head(SeriesId id) const {
  const auto number = static_cast<std::uint64_t>(id);
  const Page* page = find(number / kPageSeries);
  return page == nullptr ? 0 : page->heads[number % kPageSeries].load(std::memory_order_acquire);
}

const HotDirectory::Entry& HotDirectory::at(std::uint32_t number) const {
  // Chunk c begins at kFirstChunk * (2^c - 1).
  const auto c = static_cast<std::size_t>(std::bit_width(number / kFirstChunk + 1) - 1);
  const auto begin = kFirstChunk * ((std::size_t{1} << c) - 1);
  return chunks_[c].load(std::memory_order_acquire)[number - begin];
}

void HotDirectory::publish(SeriesId id, Entry entry) {
  const auto number = entries_.load(std::memory_order_relaxed);
  const auto c = static_cast<std::size_t>(std::bit_width(number / kFirstChunk + 1) - 1);
  const auto begin = kFirstChunk * ((std::size_t{1} << c) - 1);
  Entry* chunk = chunks_[c].load(std::memory_order_relaxed);
  if (chunk == nullptr) {
    // Untouched pages of a large chunk cost no memory.
    chunk = static_cast<Entry*>(::operator new((kFirstChunk << c) * sizeof(Entry)));
    chunks_[c].store(chunk, std::memory_order_release);
  }
  const auto series = static_cast<std::uint64_t>(id);
  auto& head = page(series / kPageSeries).heads[series % kPageSeries];
  entry.previous = head.load(std::memory_order_relaxed);
  if (entry.previous == 0) series_.fetch_add(1, std::memory_order_relaxed);
  new (chunk + (number - begin)) Entry(entry);
  entries_.store(number + 1, std::memory_order_release);
  head.store(static_cast<std::uint32_t>(number + 1), std::memory_order_release);
}

void HotDirectory::add(SeriesId id, std::uint32_t offset, UnixMillis first_ms, UnixMillis last_ms) {
  if (entries_.load(std::memory_order_relaxed) == 0)  // room for what comes late, 24 days back
    base_ms_.store(static_cast<UnixMillis>(static_cast<std::uint64_t>(first_ms) - (1u << 31)),
                   std::memory_order_relaxed);
  const auto base = static_cast<std::uint64_t>(base_ms_.load(std::memory_order_relaxed));
  const auto after = static_cast<std::uint64_t>(first_ms) - base;
  const auto span = static_cast<std::uint64_t>(last_ms) - static_cast<std::uint64_t>(first_ms);
  publish(id, {.offset = offset,
               .first = after < kUnknown ? static_cast<std::uint32_t>(after) : kUnknown,
               .span = span < kUnknown ? static_cast<std::uint32_t>(span) : kUnknown});
}

void HotDirectory::add_damaged(SeriesId id) {
  publish(id, {});
}

std::uint8_t& HotDirectory::hint(SeriesId id) {
  const auto series = static_cast<std::uint64_t>(id);
  return page(series / kPageSeries).hints[series % kPageSeries];
}

std::vector<SeriesId> HotDirectory::ids() const {
  std::vector<SeriesId> out;
  const Table* table = table_.load(std::memory_order_acquire);
  if (table == nullptr) return out;
  std::vector<const Page*> pages;
  for (std::size_t slot = 0; slot <= table->mask; ++slot)
    if (const Page* page = table->slots[slot].load(std::memory_order_acquire))
      pages.push_back(page);
  std::sort(pages.begin(), pages.end(),
            [](const Page* a, const Page* b) { return a->key < b->key; });
  for (const Page* page : pages)
    for (std::size_t i = 0; i < kPageSeries; ++i)
      if (page->heads[i].load(std::memory_order_acquire) != 0)
        out.push_back(static_cast<SeriesId>(page->key * kPageSeries + i));
  return out;
}

bool HotDirectory::overlaps(const Entry& entry, UnixMillis from_ms, UnixMillis to_ms) const {
  if (entry.first == kUnknown || entry.span == kUnknown) return true;
  const auto first =
      static_cast<std::uint64_t>(base_ms_.load(std::memory_order_relaxed)) + entry.first;
  return static_cast<UnixMillis>(first) <= to_ms &&
         static_cast<UnixMillis>(first + entry.span) >= from_ms;
}

}  // namespace pharos::metrics

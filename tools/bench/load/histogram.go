package main

import (
	"math"
	"time"
)

// Counts of times, in buckets 1 % wide.
type histogram struct {
	buckets [4096]int
	count   int
}

const width = 1.01

func newHistogram() *histogram { return &histogram{} }

func (h *histogram) record(d time.Duration) {
	bucket := int(math.Log(math.Max(1, float64(d.Nanoseconds()))) / math.Log(width))
	if bucket >= len(h.buckets) {
		bucket = len(h.buckets) - 1
	}
	h.buckets[bucket]++
	h.count++
}

func (h *histogram) add(other *histogram) {
	for i, n := range other.buckets {
		h.buckets[i] += n
	}
	h.count += other.count
}

// In milliseconds.
func (h *histogram) percentile(share float64) float64 {
	rank := int(math.Ceil(share * float64(h.count)))
	seen := 0
	for i, n := range h.buckets {
		seen += n
		if n > 0 && seen >= rank {
			return math.Pow(width, float64(i+1)) / 1e6
		}
	}
	return 0
}

// A closed loop of callers over one system, as `holdfast bench` is over Holdfast: every caller sends its next request when the last one
// is answered. Prints one JSON object with the keys of `holdfast bench --json`.
//
// Built by tools/bench-peers with Debian's golang-etcd-server-dev.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"strings"
	"sync"
	"time"
)

// A caller's way to the system. Used by one goroutine at a time.
type session interface {
	increment(key int) error
	read(key int) error
}

type result struct {
	Operations int     `json:"operations"`
	Seconds    float64 `json:"seconds"`
	PerSecond  float64 `json:"operations_per_second"`
	P50        float64 `json:"p50_milliseconds"`
	P99        float64 `json:"p99_milliseconds"`
	Errors     int     `json:"errors"`
}

func main() {
	system := flag.String("system", "", "etcd or redis")
	endpoints := flag.String("endpoints", "", "host:port of every node, by commas")
	callers := flag.Int("callers", 64, "requests under way at a time")
	connections := flag.Int("connections", 8, "etcd: connections that the callers share")
	keys := flag.Int("keys", 1000, "counters")
	seconds := flag.Float64("seconds", 5, "how long")
	reads := flag.Int("reads", 0, "reads in a hundred requests")
	flag.Parse()

	sessions, err := dial(*system, strings.Split(*endpoints, ","), *callers, *connections)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	output, _ := json.Marshal(run(sessions, *keys, *reads, time.Duration(*seconds*float64(time.Second))))
	fmt.Println(string(output))
}

func dial(system string, endpoints []string, callers, connections int) ([]session, error) {
	switch system {
	case "etcd":
		return dialEtcd(endpoints, callers, connections)
	case "redis":
		return dialRedis(endpoints[0], callers)
	}
	return nil, fmt.Errorf("no system %q", system)
}

func run(sessions []session, keys, reads int, duration time.Duration) result {
	latencies := make([]*histogram, len(sessions))
	errors := make([]int, len(sessions))
	var group sync.WaitGroup
	start := time.Now()
	end := start.Add(duration)
	for i := range sessions {
		latencies[i] = newHistogram()
		group.Add(1)
		go func(i int) {
			defer group.Done()
			generator := rand.New(rand.NewSource(int64(i) + start.UnixNano()))
			began := time.Now()
			for began.Before(end) {
				var err error
				key := generator.Intn(keys)
				if generator.Intn(100) < reads {
					err = sessions[i].read(key)
				} else {
					err = sessions[i].increment(key)
				}
				now := time.Now()
				if err != nil {
					errors[i]++
				} else {
					latencies[i].record(now.Sub(began))
				}
				began = now
			}
		}(i)
	}
	group.Wait()
	elapsed := time.Since(start).Seconds()
	all := newHistogram()
	failed := 0
	for i := range sessions {
		all.add(latencies[i])
		failed += errors[i]
	}
	return result{
		Operations: all.count, Seconds: elapsed, PerSecond: float64(all.count) / elapsed,
		P50: all.percentile(0.5), P99: all.percentile(0.99), Errors: failed,
	}
}

package network_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// live is the heap that is reachable, in bytes.
func live() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func landingZone(ztcore.Target) *ztcore.Baseline {
	return ztcore.NewBaseline("landing-zone", network.Preset{Name: "main"}, network.DefaultVPC{}, network.BlockPublicAccess{})
}

// BenchmarkFleetsMemory applies a landing zone to more and more targets, 32 at a time. Every target has a cloud of its own, which only its
// configuration holds: whatever of a target outlives its turn (its plan, its clients, its retryer) keeps that cloud too, and shows.
// What is reachable is measured whenever a plan is reviewed and at every 64th event of the applies. The mean is what must not grow; the
// peak is the highest of more samples where there are more targets. Most of both is the fakes': see BenchmarkPlansMemory.
//
//	go test -run '^$' -bench FleetsMemory -benchtime 1x ./network
func BenchmarkFleetsMemory(b *testing.B) {
	const parallel = 32                     // a fleet's default
	for _, n := range []int{50, 200, 800} { // 800: 200 accounts in 4 regions
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var peak, kept, sum, samples uint64
			for b.Loop() {
				before := live()
				var mu sync.Mutex
				events := 0
				sample := func() {
					mu.Lock()
					defer mu.Unlock()
					now := live() - before
					peak, sum, samples = max(peak, now), sum+now, samples+1
				}
				f := ztcore.Fleet{Baseline: landingZone, Parallel: parallel, Review: func(ztcore.Target, *ztcore.Plan) error { sample(); return nil },
					Applies: []ztcore.ApplyOption{ztcore.WithProgress(func(ztcore.Event) {
						mu.Lock()
						events++
						due := events%64 == 0
						mu.Unlock()
						if due {
							sample()
						}
					})}}
				for i := range n {
					f.Targets = append(f.Targets, ztcore.Target{Account: fmt.Sprintf("%012d", 100000000000+i), Region: "us-east-1", Config: func(_ context.Context, t ztcore.Target) (aws.Config, error) {
						cloud := newCloud()
						cloud.SetPace(1e-6)
						return cloud.ConfigFor(t.Account, t.Region), nil
					}})
				}
				report, err := f.Apply(context.Background())
				require.NoError(b, err)
				kept = live() - before
				require.Len(b, report.Targets, n)
			}
			b.ReportMetric(float64(peak)/1024, "peak-KiB")
			b.ReportMetric(float64(sum)/float64(samples)/1024, "mean-KiB")
			b.ReportMetric(float64(peak)/1024/parallel, "peak-KiB/turn")
			b.ReportMetric(float64(kept)/1024/float64(n), "kept-KiB/target")
		})
	}
}

// BenchmarkPlansMemory is the library's own part of a turn: a plan with all that it refers to, and the cloud that it was made on.
func BenchmarkPlansMemory(b *testing.B) {
	const plans = 32
	var plan, cloud uint64
	for b.Loop() {
		var cfgs []aws.Config
		held := make([]*ztcore.Plan, plans)
		before := live()
		for range plans {
			c := newCloud()
			cfgs = append(cfgs, c.Config())
			p, err := landingZone(ztcore.Target{}).Plan(context.Background(), cfgs[len(cfgs)-1])
			require.NoError(b, err)
			held[len(cfgs)-1] = p
		}
		both := live()
		runtime.KeepAlive(held)
		held = nil
		alone := live()
		runtime.KeepAlive(cfgs)
		plan, cloud = (both-alone)/plans, (alone-before)/plans
	}
	b.ReportMetric(float64(plan)/1024, "KiB/plan")
	b.ReportMetric(float64(cloud)/1024, "KiB/fake-cloud")
}

// Package kindtest puts kinds through their whole life, on the in-memory AWS or on a real wire: ours and those of your own.
//
//	func TestVPC(t *testing.T) {
//		kindtest.Run(t, kindtest.Case{
//			Cloud: func() *fakeaws.Cloud { return fakeaws.New(fakests.Install, fakeec2.Install) },
//			Variants: []kindtest.Variant{
//				{Resource: network.VPC{Name: "main", CIDR: "10.0.0.0/16"}},
//				{Resource: network.VPC{Name: "main", CIDR: "10.0.0.0/16", Tags: …}, Changes: []string{"network.VPC/main Tags"}},
//			},
//			Drift: func(ctx context.Context, cfg aws.Config) error { … }, // change it behind its back, by the SDK's clients
//		})
//	}
//
// Run checks, each on a cloud of its own: create, and the plan after it is empty and makes no call; every variant changes exactly
// what it says; drift is seen and repaired; a plan that has gone stale is refused before any write; every write is throttled, lost
// before its effect and lost after it, the end is the same, with nothing twice, and at no moment was more open than before and
// after, or less (package exposure); reads that lag behind writes, steadily
// and by turns; pages of one item; a denied read is an error and never absence; two processes that create it at the same time make
// one; planning makes no mutating call; no token reaches a request; destroy leaves nothing; the kind calls nothing that its
// Permissions don't list, its baselines' policies suffice for all of this, and without any one action of theirs the run fails, names
// it, and is finished when it is given back. RunOn checks on any aws.Config what needs no steering: see Wire.
package kindtest

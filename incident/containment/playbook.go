package containment

import (
	"context"
	"fmt"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// Step is one step of a playbook: CollectMetadata, Hold, CaptureMemory, Protect, LeaveTargetGroups, LeaveAutoScaling, Isolate,
// CutSubnet, RevokeSessions, DetachProfile, CloseMetadata, DeactivateKeys, LockBucket or SnapshotDisks. None of them stops or terminates anything.
type Step interface {
	// Name is what records and reports call it.
	Name() string
	// Limits say what the step does not do.
	Limits() []string

	do(ctx context.Context, r *run) error
}

// Playbook is what is done, in this order. Each step works on all targets side by side.
type Playbook []Step

// Standard is the playbook for a compromised instance, role or key: evidence in the order of volatility, then protection of
// the evidence against everybody else, then the network, then credentials, then disks, which nothing can change any more.
//
// Sessions are revoked before the isolation, for what was stolen is used from elsewhere, and again after it, for the instance
// can get new ones meanwhile.
//
// For volumes under the key that AWS manages for EBS the last step fails, however often it is run, unless it has a key for copies:
//
//	playbook := containment.Standard()
//	playbook[len(playbook)-1] = containment.SnapshotDisks{Key: "arn:aws:kms:…", Copy: snapshotcopy.Copy}
func Standard() Playbook {
	return Playbook{
		CollectMetadata{}, Hold{}, CaptureMemory{}, Protect{}, RevokeSessions{}, LeaveTargetGroups{}, LeaveAutoScaling{},
		Isolate{}, CutSubnet{}, RevokeSessions{}, DeactivateKeys{}, SnapshotDisks{},
	}
}

// order is what must not come before what: each pair's first goes before its second.
var order = []struct{ first, second, why string }{
	{CollectMetadata{}.Name(), Protect{}.Name(), "metadata is to show the instance as it was found"},
	{CollectMetadata{}.Name(), SnapshotDisks{}.Name(), "snapshots carry the hash of the metadata"},
	{CaptureMemory{}.Name(), Isolate{}.Name(), "an isolated instance can't be reached to capture its memory"},
	{CaptureMemory{}.Name(), CutSubnet{}.Name(), "an isolated instance can't be reached to capture its memory"},
	{Protect{}.Name(), LeaveTargetGroups{}.Name(), "Auto Scaling terminates an instance that its load balancer does not see any more"},
	{Protect{}.Name(), LeaveAutoScaling{}.Name(), "Auto Scaling must not terminate the instance meanwhile"},
	{Protect{}.Name(), Isolate{}.Name(), "Auto Scaling terminates an instance whose health checks fail"},
	{Isolate{}.Name(), CutSubnet{}.Name(), "a network ACL hits the whole subnet, and is for what isolation leaves open"},
}

// check finds steps in a wrong order.
func (p Playbook) check() []ztcore.Finding {
	var out []ztcore.Finding
	first, last := map[string]int{}, map[string]int{}
	for i, s := range p {
		if s == nil {
			return []ztcore.Finding{{Attribute: "Playbook", Message: fmt.Sprintf("step %d is nil", i+1), Fix: "leave it out"}}
		}
		if _, seen := first[s.Name()]; !seen {
			first[s.Name()] = i
		}
		last[s.Name()] = i
		if c, ok := s.(interface{ check() []ztcore.Finding }); ok {
			out = append(out, c.check()...)
		}
	}
	for _, o := range order {
		a, hasA := first[o.first]
		b, hasB := first[o.second]
		if hasA && hasB && a > b {
			out = append(out, ztcore.Finding{Attribute: "Playbook", Message: fmt.Sprintf("%q comes after %q: %s", o.first, o.second, o.why), Fix: "put it before"})
		}
	}
	if again, ok := last[RevokeSessions{}.Name()]; ok {
		if isolated, ok := last[Isolate{}.Name()]; ok && again < isolated {
			out = append(out, ztcore.Finding{Attribute: "Playbook", Message: "sessions are revoked before the isolation only, and the instance can get new ones meanwhile", Fix: "revoke them again after it"})
		}
	}
	return out
}

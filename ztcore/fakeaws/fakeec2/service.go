package fakeec2

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles EC2. Its methods have the shape of the SDK's client.
type Service struct {
	cloud    *fakeaws.Cloud
	store    *fakeaws.Store[region]
	limits   atomic.Pointer[Limits]
	settling atomic.Int64 // nanoseconds
}

// Limits are the quotas that the fake enforces. A zero field is no limit.
type Limits struct {
	RulesPerGroup      int // in each direction, for IPv4 and IPv6 each: RulesPerSecurityGroupLimitExceeded
	GroupsPerInterface int // SecurityGroupsPerInterfaceLimitExceeded
	EntriesPerACL      int // in each direction, AWS's own not counted: NetworkAclEntryLimitExceeded
	VPCs               int // in each account and region, the default VPC included: VpcLimitExceeded
}

// DefaultLimits are AWS's defaults, from "Amazon VPC quotas". The number of VPCs is not among them, for it is what accounts
// most often have had raised.
var DefaultLimits = Limits{RulesPerGroup: 60, GroupsPerInterface: 5, EntriesPerACL: 20}

// Install adds EC2 to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c}
	s.limits.Store(&DefaultLimits)
	s.store = fakeaws.NewStore(c, "ec2", fakeaws.Regional, s.fresh)
	s.installNetwork()
	s.installGateways()
	s.installEndpoints()
	s.installEdge()
	s.installSettings()
	s.installTemplates()
	s.installInstances()
	s.installDisks()
	fakeaws.Provide[fakeaws.Instances](c, s)
	fakeaws.Provide(c, s)
	fakeaws.Provide[fakeaws.Subnets](c, s)
	fakeaws.Provide[fakeaws.SecurityGroups](c, s)
}

// Of is the EC2 that was installed in a cloud, for a test to steer. It is nil where none was.
func Of(c *fakeaws.Cloud) *Service {
	s, _ := fakeaws.Capability[*Service](c)
	return s
}

// SetLimits replaces the quotas.
func (s *Service) SetLimits(l Limits) { s.limits.Store(&l) }

// SetSettling sets how long NAT gateways and interface endpoints stay pending after their creation and deleting after their
// deletion. The default is 0: they are ready, or gone, on the next call.
func (s *Service) SetSettling(d time.Duration) { s.settling.Store(int64(d)) }

func (s *Service) settle() time.Duration { return time.Duration(s.settling.Load()) }

// open is the region that a request concerns. A dry run ends here, as if the caller had every permission.
func (s *Service) open(ctx context.Context, dryRun *bool) (*region, error) {
	if dryRun != nil && *dryRun {
		return nil, fakeaws.Status(http.StatusPreconditionFailed,
			fakeaws.Error("DryRunOperation", "Request would have succeeded, but DryRun flag is set."))
	}
	r := s.store.In(ctx)
	if fakeaws.CallFrom(ctx).Mutating() {
		r.sweep(time.Now())
	}
	return r, nil
}

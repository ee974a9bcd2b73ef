package fakeec2

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// guest lets something happen inside or to a running instance.
func (s *Service) guest(id string, act func(*region, *instance) error) error {
	err := fmt.Errorf("fakeec2: no instance %s", id)
	s.within(func(r *region) bool {
		i := r.Instances.Index[id]
		if i == nil {
			return false
		}
		now := time.Now()
		r.sweep(now)
		if state := i.state(now); state != types.InstanceStateNameRunning {
			err = fmt.Errorf("fakeec2: %s is %s", id, state)
			return true
		}
		err = act(r, i)
		return true
	})
	return err
}

// ShutDown is shutdown -h inside an instance: it stops, or is terminated, as InstanceInitiatedShutdownBehavior says. Protection
// from stop and termination is about the API and doesn't hold here.
func (s *Service) ShutDown(instanceID string) error {
	return s.guest(instanceID, func(r *region, i *instance) error {
		const code, reason = "Client.InstanceInitiatedShutdown", "Instance initiated shutdown"
		if i.Shutdown == types.ShutdownBehaviorTerminate {
			s.terminate(r, i, code, reason)
		} else {
			s.stop(r, i, code, reason)
		}
		return nil
	})
}

// InterruptSpot takes a Spot Instance back, as EC2 does when it needs the capacity: nothing protects from that.
func (s *Service) InterruptSpot(instanceID string) error {
	return s.guest(instanceID, func(r *region, i *instance) error {
		if !i.Spot {
			return fmt.Errorf("fakeec2: %s is no Spot Instance", i.ID)
		}
		s.terminate(r, i, "Server.SpotInstanceTermination", "Spot Instance termination")
		return nil
	})
}

// MetadataRequest is how something asks the instance metadata service for credentials.
type MetadataRequest struct {
	Version1 bool  // without a session token
	Hops     int32 // between the caller and the service; 0 is on the instance itself, 1 in a container behind a bridge
}

// RoleSession are credentials of an instance's role, as the metadata service hands them out. They are good until they expire,
// whatever becomes of the instance, its profile or its metadata options; only policies that apply to the role can end that.
type RoleSession struct {
	Caller          fakeaws.Caller // to sign with: Cloud.ConfigAs(session.Caller, region)
	Role            string         // ARN
	Instance        string
	Issued, Expires time.Time
}

// Context are the condition keys that requests signed with the session have, for policy.Request.
func (s RoleSession) Context() map[string][]string {
	return map[string][]string{
		"aws:TokenIssueTime": {s.Issued.UTC().Format(time.RFC3339)},
		"aws:userid":         {s.Caller.UserID},
	}
}

// Credentials asks the metadata service of a running instance for its role's credentials. Needs IAM in the cloud.
func (s *Service) Credentials(instanceID string, how MetadataRequest) (RoleSession, error) {
	var out RoleSession
	err := s.guest(instanceID, func(r *region, i *instance) error {
		now := time.Now()
		m := i.Metadata
		switch {
		case m.HttpEndpoint != types.InstanceMetadataEndpointStateEnabled:
			return fmt.Errorf("fakeec2: the metadata service of %s is disabled", i.ID)
		case how.Version1 && m.HttpTokens == types.HttpTokensStateRequired:
			return fmt.Errorf("fakeec2: 401 Unauthorized: %s requires a token", i.ID)
		case !how.Version1 && how.Hops >= aws.ToInt32(m.HttpPutResponseHopLimit):
			return fmt.Errorf("fakeec2: the token of %s does not come as far as %d hops", i.ID, how.Hops)
		}
		p := r.profileOf(i.ID, now)
		iam, ok := fakeaws.Capability[fakeaws.InstanceProfiles](s.cloud)
		if p == nil || !ok {
			return fmt.Errorf("fakeec2: 404 Not Found: %s has no instance profile", i.ID)
		}
		_, _, role, _, _ := iam.InstanceProfile(context.Background(), p.ARN)
		if role == "" {
			return fmt.Errorf("fakeec2: 404 Not Found: the profile %s has no role", p.ARN)
		}
		unique := s.cloud.UniqueID("AROA")
		if principals, ok := fakeaws.Capability[fakeaws.Principals](s.cloud); ok {
			if known, _, found := principals.Principal(context.Background(), role); found {
				unique = known
			}
		}
		out = RoleSession{Role: role, Instance: i.ID, Issued: now, Expires: now.Add(6 * time.Hour), Caller: fakeaws.Caller{
			Account: r.Account, UserID: unique + ":" + i.ID,
			ARN: "arn:" + fakeaws.Partition(r.Name) + ":sts::" + r.Account + ":assumed-role" + role[strings.LastIndex(role, "/"):] + "/" + i.ID,
		}}
		return nil
	})
	return out, err
}

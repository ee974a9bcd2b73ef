package main

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/appsec"
	"github.com/seed-08ecc977/zerotrust/appsec/instance"
	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/endpoint"
	"github.com/seed-08ecc977/zerotrust/endpoint/firewall"
	"github.com/seed-08ecc977/zerotrust/endpoint/webacl"
	"github.com/seed-08ecc977/zerotrust/governance"
	"github.com/seed-08ecc977/zerotrust/governance/configrules"
	"github.com/seed-08ecc977/zerotrust/governance/review"
	"github.com/seed-08ecc977/zerotrust/governance/stack"
	"github.com/seed-08ecc977/zerotrust/governance/thirdparty"
	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/incident"
	"github.com/seed-08ecc977/zerotrust/monitoring"
	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/segmentation"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// turn is a change from one state of a world to another.
type turn struct {
	name string
	from *ztcore.Baseline // nil for an empty account
	base *ztcore.Baseline
	opts []ztcore.PlanOption
}

// turns are those of a pillar.
func turns(t *testing.T, pillar string) []turn {
	t.Helper()
	steps := stepsOf(t, pillar)
	first := guideOf(steps)
	out := []turn{
		{name: "create", base: first},
		{name: "update", from: first, base: guideOf(secondEdition(steps))},
		{name: "destroy", from: first, base: first, opts: []ztcore.PlanOption{ztcore.Destroy()}},
	}
	if some := half(steps); len(ztcore.Addresses(guideOf(some))) < len(ztcore.Addresses(first)) {
		out = append(out, turn{name: "prune", from: first, base: guideOf(some), opts: []ztcore.PlanOption{ztcore.Prune(allKinds()...)}})
	}
	if moved := elsewhere(steps); len(moved) > 0 {
		out = append(out, turn{name: "replace", from: first, base: guideOf(moved), opts: []ztcore.PlanOption{ztcore.Prune(allKinds()...)}})
	}
	return out
}

// stepsOf are a pillar's steps: of the environments in segments, which are alike, one.
func stepsOf(t *testing.T, pillar string) []step {
	t.Helper()
	for _, p := range pillars() {
		if p.name == pillar {
			steps := p.steps(place{region: fakeaws.DefaultRegion, unit: unitID()})
			if pillar == "segmentation" {
				return steps[:1]
			}
			return steps
		}
	}
	t.Fatalf("no pillar %s", pillar)
	return nil
}

func guideOf(steps []step) *ztcore.Baseline {
	var resources ztcore.List
	for _, s := range steps {
		resources = append(resources, s.resources)
	}
	return ztcore.NewBaseline("zero-trust-guide", resources...)
}

// half leaves out every other step, as far as the others can do without it.
func half(steps []step) []step {
	var kept []step
	for i, s := range steps {
		without := append(append([]step{}, kept...), steps[i+1:]...)
		if i%2 == 1 && len(s.resources) > 0 && guideOf(without).Check() == nil {
			continue
		}
		kept = append(kept, s)
	}
	return kept
}

// arrive brings an account to where the turn begins.
func (x turn) arrive(t *testing.T, cfg aws.Config) {
	t.Helper()
	if x.from == nil {
		return
	}
	plan, err := x.from.Plan(ctx, cfg)
	require.NoError(t, err)
	_, err = plan.Apply(ctx)
	require.NoError(t, err)
}

// edited is a list with all resources of a type changed.
func edited[R ztcore.Resource](list ztcore.List, edit func(R) R) ztcore.List {
	var out ztcore.List
	for _, r := range list {
		switch r := r.(type) {
		case R:
			out = append(out, edit(r))
		case ztcore.List:
			out = append(out, edited(r, edit))
		default:
			out = append(out, r)
		}
	}
	return out
}

type alteration func(ztcore.List) ztcore.List

func each[R ztcore.Resource](change func(R) R) alteration {
	return func(l ztcore.List) ztcore.List { return edited(l, change) }
}

// rewritten has edits made to copies of steps.
func rewritten(steps []step, edits ...alteration) []step {
	out := append([]step{}, steps...)
	for i := range out {
		for _, e := range edits {
			out[i].resources = e(out[i].resources)
		}
	}
	return out
}

// secondEdition changes something that AWS can change in place of nearly every resource.
func secondEdition(steps []step) []step {
	reviewed := map[string]string{"reviewed": "2030"}
	also := policy.Allow("s3:ListBucket").OnAny().Named("Also")
	return rewritten(steps,
		each(func(r iam.Policy) iam.Policy {
			r.Document = r.Document.And(policy.Allow("sqs:SendMessage").OnAny().Named("More"))
			return r
		}),
		each(func(r iam.User) iam.User {
			r.Inline = map[string]policy.Document{"S3ReadAccess": also, "Another": also}
			r.Tags = reviewed
			return r
		}),
		each(func(r iam.Role) iam.Role {
			r.MaxSession, r.Tags = 2*time.Hour, reviewed
			if len(r.Attached) > 0 {
				r.Attached = []id.PolicyARN{iam.AWSManaged("AmazonEC2ReadOnlyAccess")}
			}
			return r
		}),
		each(func(r iam.PasswordPolicy) iam.PasswordPolicy { r.MinimumLength = 20; return r }),
		each(func(r network.VPC) network.VPC { r.Tags = reviewed; return r }),
		each(func(r network.Subnet) network.Subnet { r.Tags = reviewed; return r }),
		each(func(r network.SecurityGroup) network.SecurityGroup {
			if len(r.Ingress) > 0 {
				r.Ingress = []network.Rule{network.AllowTCP(22).From("203.0.113.0/25").Because("fewer"), network.AllowTCP(443).From("10.0.0.0/8").Because("more")}
			}
			return r
		}),
		each(func(r network.InterfaceEndpoint) network.InterfaceEndpoint {
			r.FromCIDRs = append(append([]string{}, r.FromCIDRs...), "10.9.0.0/16")
			return r
		}),
		each(func(r dataprotect.Key) dataprotect.Key {
			r.RotateEvery, r.Tags = 180*24*time.Hour, reviewed
			r.Policy = r.Policy.And(policy.Allow("kms:Decrypt").OnAny().To(policy.Account(fakeaws.DefaultAccount)).Named("Also"))
			return r
		}),
		each(func(r dataprotect.Bucket) dataprotect.Bucket {
			r.Tags = reviewed
			r.Policy = r.Policy.And(policy.Allow("s3:GetObject").On(r.ARN() + "/*").To(policy.Account(fakeaws.DefaultAccount)).Named("Also"))
			return r
		}),
		each(func(r dataprotect.Secret) dataprotect.Secret { r.Version, r.Tags = "2", reviewed; return r }),
		each(func(r monitoring.Topic) monitoring.Topic { r.Publishers = r.Publishers[:1]; return r }),
		each(func(r monitoring.Alarm) monitoring.Alarm { r.Threshold = 90; return r }),
		each(func(r monitoring.LogGroup) monitoring.LogGroup { r.Retention = 731 * 24 * time.Hour; return r }),
		each(func(r monitoring.Trail) monitoring.Trail { r.Tags = reviewed; return r }),
		each(func(r endpoint.PatchBaseline) endpoint.PatchBaseline { r.Description = "another"; return r }),
		each(func(r webacl.WebACL) webacl.WebACL { r.BlockByDefault = true; return r }),
		each(func(r firewall.RuleGroup) firewall.RuleGroup {
			r.AllowDomains = []string{".amazonaws.com", "api.another.example"}
			return r
		}),
		each(func(r appsec.UserPoolClient) appsec.UserPoolClient {
			r.CallbackURLs = []string{"https://app.example.com/in"}
			return r
		}),
		each(func(r appsec.API) appsec.API {
			r.Routes = append(append([]appsec.Route{}, r.Routes...), appsec.Route{Path: "/another", Method: "GET", Integration: appsec.Integration{Mock: true}})
			return r
		}),
		each(func(r instance.App) instance.App { r.Instance.Tags = reviewed; return r }),
		each(func(r segmentation.Design) segmentation.Design {
			r.Environments = append([]segmentation.Environment{}, r.Environments...)
			e := &r.Environments[0]
			e.Flows = []segmentation.Flow{e.Flows[0], {From: "web", To: "app", Port: 9443}, e.Flows[2], {From: "web", To: "db", Port: 5432}}
			return r
		}),
		each(func(r governance.Policy) governance.Policy {
			r.Document = r.Document.And(policy.Deny("organizations:LeaveOrganization").OnAny().Named("Stay"))
			return r
		}),
		each(func(r stack.Stack) stack.Stack {
			r.Template = stack.SecureBucket{Name: "my-more-secure-bucket"}.Template().JSON()
			return r
		}),
		each(func(r configrules.Preset) configrules.Preset {
			r.Rules = append(append([]configrules.Rule{}, r.Rules...), configrules.Rule{Name: "root", Managed: "ROOT_ACCOUNT_MFA_ENABLED"})
			return r
		}),
		each(func(r review.Workload) review.Workload { r.Description = "another"; return r }),
		each(func(r thirdparty.PrismaCloud) thirdparty.PrismaCloud {
			r.Scanner.ExternalID = "7dec11d0-f81d-4fae-a765-00a0c91e6bf6"
			return r
		}),
		each(func(r incident.ResponsePlan) incident.ResponsePlan { r.Title = "Another"; return r }),
	)
}

// elsewhere moves networks to other blocks, which AWS can only do by replacing them and all that is in them; nil if there are none.
func elsewhere(steps []step) []step {
	moves := false
	moved := rewritten(steps,
		each(func(r network.VPC) network.VPC { moves, r.CIDR = true, "172.16"+r.CIDR[len("10.0"):]; return r }),
		each(func(r network.Subnet) network.Subnet { r.CIDR = "172.16" + r.CIDR[len("10.0"):]; return r }),
		each(func(r segmentation.Design) segmentation.Design {
			r.Environments = append([]segmentation.Environment{}, r.Environments...)
			moves, r.Environments[0].CIDR = true, "172.16.0.0/16"
			return r
		}),
	)
	if !moves {
		return nil
	}
	return moved
}

// part is a pillar alone.
func part(t *testing.T, pillar string) *ztcore.Baseline {
	t.Helper()
	return guideOf(stepsOf(t, pillar))
}

// countWrites is how many writes stand a pillar up.
func countWrites(t *testing.T, pillar string) (n int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud(t)
		turn{from: part(t, pillar)}.arrive(t, cloud.Config())
		n = len(cloud.Writes())
	})
	return n
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// stood is a cloud in which a baseline is in force.
func stood(t *testing.T, base *ztcore.Baseline) *fakeaws.Cloud {
	t.Helper()
	cloud := newCloud(t)
	plan, err := base.Plan(ctx, cloud.Config())
	require.NoError(t, err)
	_, err = plan.Apply(ctx)
	require.NoError(t, err)
	cloud.ResetCalls()
	return cloud
}

// owned lists the objects that carry ownership tags, by the resource that the tags say.
func owned(cloud *fakeaws.Cloud) map[ztcore.Address][]tagged {
	out := map[ztcore.Address][]tagged{}
	ownedIn(cloud, func(found []tagged) {
		for _, o := range found {
			out[o.resource] = append(out[o.resource], o)
		}
	})
	return out
}

// byTagsOnly are the kinds whose names may be used twice: an object of another baseline does not stand in the way of a second one.
var byTagsOnly = []string{
	"appsec.API", "appsec.Instance", "appsec.UserPool", "endpoint.Association", "endpoint.PatchBaseline", "network.ElasticIP", "network.FlowLog", "network.GatewayEndpoint", "network.InterfaceEndpoint",
	"network.InternetGateway", "network.NATGateway", "network.NetworkACL", "network.RouteTable", "network.VPC",
}

// What another baseline has made is never touched, whoever asks for it and with whatever option.
func TestWhatIsAnothersIsNotTouched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := stood(t, ztcore.NewBaseline("other", everything(t)))
		theirs, before := owned(cloud), cloud.Snapshot()
		for name, opts := range map[string][]ztcore.PlanOption{"plainly": nil, "adopting": {ztcore.AdoptAll()}, "pruning": {ztcore.Prune()}} {
			plan, err := everything(t).Plan(ctx, cloud.Config(), opts...)
			require.NoError(t, err)
			conflicts, second := 0, map[string]bool{}
			for _, s := range plan.Steps {
				require.NotContains(t, []ztcore.Action{ztcore.Delete, ztcore.Replace, ztcore.TakeOver}, s.Action, s)
				if theirs[s.Address] == nil {
					continue // it has no tags: it is a part of something, or the account's
				}
				if s.Action == ztcore.Conflict {
					conflicts++
					require.Contains(t, s.Reason, `belongs to baseline "other"`)
					continue
				}
				require.Equal(t, ztcore.Create, s.Action, s)
				if slices.Contains(byTagsOnly, s.Kind) {
					second[s.Kind] = true
					require.Contains(t, strings.Join(s.Notes, "\n"), `of baseline "other"`, "%s: a second one is not made silently", s.Address)
				} else {
					require.Contains(t, fmt.Sprint(s.Changes), "known after apply", "%s is part of what will be another's second", s.Address)
				}
			}
			require.Len(t, second, len(byTagsOnly))
			_, err = plan.Apply(ctx)
			var conflict *ztcore.ConflictError
			require.ErrorAs(t, err, &conflict)
			require.Len(t, conflict.Steps, conflicts)
			t.Logf("%s: %d conflicts, %d kinds of which a second is planned", name, conflicts, len(second))
		}
		destroy, err := everything(t).Plan(ctx, cloud.Config(), ztcore.Destroy())
		require.NoError(t, err)
		for _, s := range destroy.Steps {
			require.False(t, theirs[s.Address] != nil && s.Action != ztcore.None, s)
		}
		require.Empty(t, cloud.Writes())
		require.Equal(t, before, cloud.Snapshot())
	})
}

// What is nobody's is left alone until it is asked for; then it is the very objects that are taken over, and no other is made.
func TestWhatIsNobodysIsAdoptedAsItIs(t *testing.T) {
	for _, pillar := range pillarNames() {
		t.Run(pillar, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := stood(t, ztcore.NewBaseline("other", part(t, pillar)))
				lost := owned(cloud)
				for _, objects := range lost {
					for _, o := range objects {
						o.remove(ztcore.TagBaseline)
						o.remove(ztcore.TagResource)
					}
				}
				base, before := part(t, pillar), cloud.Snapshot()
				plan, err := base.Plan(ctx, cloud.Config(), ztcore.Prune())
				require.NoError(t, err)
				for _, s := range plan.Steps {
					if lost[s.Address] != nil {
						require.Equal(t, ztcore.Conflict, s.Action, s)
						require.Contains(t, s.Reason, "belongs to no baseline; adopt it with ztcore.Adopt")
					}
				}
				_, err = plan.Apply(ctx)
				var conflict *ztcore.ConflictError
				require.ErrorAs(t, err, &conflict)
				require.Empty(t, cloud.Writes())
				require.Equal(t, before, cloud.Snapshot())

				plan, err = base.Plan(ctx, cloud.Config(), ztcore.AdoptAll())
				require.NoError(t, err)
				for _, s := range plan.Steps {
					if lost[s.Address] != nil {
						require.Equal(t, ztcore.TakeOver, s.Action, s)
					} else {
						require.Contains(t, []ztcore.Action{ztcore.None}, s.Action, "%s %v", s, s.Changes)
					}
				}
				_, err = plan.Apply(ctx)
				require.NoError(t, err)
				again, err := base.Plan(ctx, cloud.Config(), ztcore.Prune())
				require.NoError(t, err)
				require.True(t, again.Empty(), again)
				for a := range owned(cloud) {
					require.Contains(t, lost, a)
				}
				require.GreaterOrEqual(t, len(owned(cloud)), len(lost))
			})
		})
	}
}

// One ownership tag of one object is edited by hand, whichever it is: the next plan says so, makes nothing twice and deletes nothing. Of each
// kind in a pillar three are taken.
func TestATagEditedByHandIsSeen(t *testing.T) {
	edits, outcomes := 0, map[string]map[string]bool{}
	for _, pillar := range pillarNames() {
		t.Run(pillar, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				base := part(t, pillar)
				cloud := stood(t, base)
				objects, taken := owned(cloud), map[string]int{}
				for _, a := range slices.Sorted(maps.Keys(objects)) {
					if taken[a.Kind()]++; taken[a.Kind()] > 3 || raced && taken[a.Kind()] > 1 {
						continue
					}
					edit := func(key, value string) (was string) { // an instance's volume, and a stack's change set, have them too
						was, _ = objects[a][0].get(key)
						for _, o := range objects[a] {
							if value == "" {
								o.remove(key)
							} else {
								o.set(key, value)
							}
						}
						return was
					}
					neighbour := ztcore.Address("")
					for other := range objects {
						if other.Kind() == a.Kind() && other != a && (neighbour == "" || other < neighbour) {
							neighbour = other
						}
					}
					for _, e := range []struct{ what, key, value string }{
						{"baseline removed", ztcore.TagBaseline, ""}, {"baseline another", ztcore.TagBaseline, "another"}, {"baseline in capitals", ztcore.TagBaseline, "ZERO-TRUST-GUIDE"},
						{"resource removed", ztcore.TagResource, ""}, {"resource rubbish", ztcore.TagResource, "somebody's note"}, {"resource undeclared", ztcore.TagResource, a.Kind() + "/undeclared"},
						{"resource in capitals", ztcore.TagResource, strings.ToUpper(string(a))}, {"resource another kind's", ztcore.TagResource, "iam.Role/SomeRole"}, {"resource a neighbour's", ztcore.TagResource, string(neighbour)},
					} {
						if e.what == "resource a neighbour's" && neighbour == "" {
							continue
						}
						edits++
						was := edit(e.key, e.value)
						for _, opts := range [][]ztcore.PlanOption{nil, {ztcore.Prune()}} {
							plan, err := base.Plan(ctx, cloud.Config(), opts...)
							require.NoError(t, err)
							outcome := ""
							for _, s := range plan.Steps {
								require.NotEqual(t, ztcore.Delete, s.Action, "%s of %s: %s", e.what, a, s)
								if s.Address == a {
									outcome = expectSeen(t, plan, s, e.what, e.value)
								}
							}
							require.NotEmpty(t, outcome, a)
							if outcomes[e.what] == nil {
								outcomes[e.what] = map[string]bool{}
							}
							outcomes[e.what][outcome] = true
						}
						if e.what == "resource rubbish" { // what is mended is the object itself
							plan, err := base.Plan(ctx, cloud.Config(), ztcore.Prune())
							require.NoError(t, err)
							_, err = plan.Apply(ctx)
							require.NoError(t, err)
							again, err := base.Plan(ctx, cloud.Config(), ztcore.Prune())
							require.NoError(t, err)
							require.True(t, again.Empty(), again)
							objects[a] = owned(cloud)[a]
							continue
						}
						edit(e.key, was)
					}
				}
			})
		})
	}
	t.Logf("%d edits: %v", edits, outcomes)
}

// expectSeen holds that a plan tells of an edited tag on the object of s.
func expectSeen(t *testing.T, plan *ztcore.Plan, s ztcore.Step, what, value string) (outcome string) {
	t.Helper()
	said := s.String() + strings.Join(s.Notes, "\n")
	switch what {
	case "baseline removed":
		require.Equal(t, ztcore.Conflict, s.Action, s)
		require.Contains(t, s.Reason, "belongs to no baseline")
	case "baseline another", "baseline in capitals":
		require.Contains(t, said, fmt.Sprintf("baseline %q", value), "who it is that has it")
		require.Contains(t, []ztcore.Action{ztcore.Conflict, ztcore.Create}, s.Action)
		require.Equal(t, s.Action == ztcore.Create, slices.Contains(byTagsOnly, s.Kind), "a second one only where names may be used twice: %s", s)
	case "resource a neighbour's":
		require.Contains(t, said, value)
		if s.Action == ztcore.Create { // two claim to be the neighbour, and nothing is done until somebody has told which is
			_, err := plan.Apply(ctx)
			require.ErrorContains(t, err, value+": 2 objects carry its ownership tags")
		}
	default:
		require.Equal(t, ztcore.Modify, s.Action, "%s: %s", what, said)
		require.Contains(t, s.Reason, "was ")
		require.Len(t, s.Changes, 1, "only the tag is mended")
	}
	return string(s.Action)
}

// wanted are objects that two baselines want, of a kind with a name of its own each and one that is found by its tags.
func wanted(rule string) ztcore.List {
	vpc := network.VPC{Name: "shared", CIDR: "10.99.0.0/16"}
	return ztcore.List{
		iam.Role{Name: "Shared", TrustedBy: policy.Service("ec2.amazonaws.com")}, dataprotect.Bucket{Name: "shared-" + ztcore.AccountID, Key: "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-1111-4222-8333-444455556666"},
		vpc, network.SecurityGroup{Name: "shared", Description: rule, VPC: vpc.ID()},
	}
}

func adopts(name string) *ztcore.Baseline {
	return ztcore.NewBaseline(name, ztcore.Adopt(wanted("shared")))
}

// orphaned is a cloud with the wanted objects, which are nobody's.
func orphaned(t *testing.T) *fakeaws.Cloud {
	t.Helper()
	cloud := stood(t, ztcore.NewBaseline("gone", wanted("shared")))
	for _, objects := range owned(cloud) {
		for _, o := range objects {
			o.remove(ztcore.TagBaseline)
			o.remove(ztcore.TagResource)
		}
	}
	return cloud
}

func TestWhoAdoptsSecondIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := orphaned(t)
		late, err := adopts("second").Plan(ctx, cloud.Config())
		require.NoError(t, err)
		first, err := adopts("first").Plan(ctx, cloud.Config())
		require.NoError(t, err)
		_, err = first.Apply(ctx)
		require.NoError(t, err)
		before := cloud.Snapshot()
		cloud.ResetCalls()
		_, err = late.Apply(ctx)
		var stale *ztcore.StaleError
		require.ErrorAs(t, err, &stale)
		require.Contains(t, err.Error(), `Tags[zerotrust:baseline]: "first" → "second"`)
		again, err := adopts("second").Plan(ctx, cloud.Config())
		require.NoError(t, err)
		_, err = again.Apply(ctx)
		var conflict *ztcore.ConflictError
		require.ErrorAs(t, err, &conflict)
		require.Len(t, conflict.Steps, 2, "the role and the bucket; of VPCs there may be two")
		require.Contains(t, err.Error(), `belongs to baseline "first"; remove it there first`)
		require.Empty(t, cloud.Writes())
		require.Equal(t, before, cloud.Snapshot())
	})
}

// Two baselines adopt the same objects, one beginning a little after the other, by every step of their calls. Each object has one
// owner in the end, and who is not has said so, but where both looked before either wrote: a tag's last writer wins, and without a lock
// that both take AWS lets nobody see it. Then the next plan does.
func TestOfTwoWhoAdoptAtOnceTheLoserSaysSo(t *testing.T) {
	const step = 20 * time.Millisecond
	told, unseen := 0, 0
	for late := range 60 {
		synctest.Test(t, func(t *testing.T) {
			cloud := orphaned(t)
			plans := map[string]*ztcore.Plan{}
			for _, name := range []string{"first", "second"} {
				plan, err := adopts(name).Plan(ctx, cloud.Config())
				require.NoError(t, err)
				plans[name] = plan
			}
			cloud.SetLatency(step)
			errs := map[string]error{}
			reports := map[string]*ztcore.Report{}
			var both sync.WaitGroup
			var mu sync.Mutex
			for name, plan := range plans {
				both.Go(func() {
					if name == "second" {
						time.Sleep(time.Duration(late) * step / 4)
					}
					report, err := plan.Apply(ctx)
					mu.Lock()
					defer mu.Unlock()
					errs[name], reports[name] = err, report
				})
			}
			both.Wait()
			cloud.SetLatency(0)
			for a, objects := range owned(cloud) {
				owner, _ := objects[0].get(ztcore.TagBaseline)
				loser := map[string]string{"first": "second", "second": "first"}[owner]
				require.NotEmpty(t, loser, a)
				lost := slices.ContainsFunc(outcomes(reports[loser]), func(o ztcore.Outcome) bool {
					return o.Address == a && (o.Status == ztcore.Failed || o.Status == ztcore.Skipped)
				})
				var stale *ztcore.StaleError
				if lost || reports[loser] == nil && errors.As(errs[loser], &stale) {
					told++
					continue
				}
				unseen++
				require.Less(t, late, 12, "%s: the later one looked when the first had written: %v", a, errs[loser])
				again, err := adopts(loser).Plan(ctx, cloud.Config())
				require.NoError(t, err)
				require.Contains(t, again.String(), fmt.Sprintf("baseline %q", owner))
			}
			require.Len(t, owned(cloud), 4)
		})
	}
	t.Logf("of %d objects that both adopted, the loser said so of %d", told+unseen, told)
}

func outcomes(r *ztcore.Report) []ztcore.Outcome {
	if r == nil {
		return nil
	}
	return r.Outcomes
}

// A part has no tags, and goes with what it is part of: once that is another's, neither a plan that was made before nor one that was
// approved before writes to it.
func TestPartsOfWhatAnotherHasTakenAreLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base := func(days int) *ztcore.Baseline {
			return ztcore.NewBaseline("mine", dataprotect.Bucket{Name: "shared-" + ztcore.AccountID, Key: "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-1111-4222-8333-444455556666", Lifecycle: dataprotect.Lifecycle{KeepOldVersions: time.Duration(days) * 24 * time.Hour}})
		}
		cloud := stood(t, base(30))
		plan, err := base(90).Plan(ctx, cloud.Config())
		require.NoError(t, err)
		require.Contains(t, plan.String(), "~ dataprotect.BucketLifecycle/")
		doc, err := json.Marshal(plan)
		require.NoError(t, err)
		for _, objects := range owned(cloud) {
			objects[0].set(ztcore.TagBaseline, "another")
		}
		before := cloud.Snapshot()
		var stale *ztcore.StaleError
		_, err = plan.Apply(ctx)
		require.ErrorAs(t, err, &stale)
		require.ErrorContains(t, err, "it is not ours any more another")
		_, err = base(90).Load(ctx, cloud.Config(), doc)
		require.ErrorAs(t, err, &stale)
		require.ErrorContains(t, err, "what it is part of is not ours any more")
		require.Equal(t, before, cloud.Snapshot())
	})
}

// A setting of the account has no owner. Two baselines that declare it otherwise undo each other's, and each plan says so.
func TestASettingIsTheAccounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		length := func(name string, n int32) *ztcore.Baseline {
			return ztcore.NewBaseline(name, iam.PasswordPolicy{MinimumLength: n})
		}
		cloud := stood(t, length("first", 20))
		for range 2 {
			for name, n := range map[string]int32{"second": 24} {
				plan, err := length(name, n).Plan(ctx, cloud.Config())
				require.NoError(t, err)
				require.Contains(t, plan.String(), "MinimumLength: 20 → 24")
				require.Contains(t, plan.String(), "note: the account's, and nobody's: if another baseline declares it otherwise, the two undo each other's")
				_, err = plan.Apply(ctx)
				require.NoError(t, err)
			}
			back, err := length("first", 20).Plan(ctx, cloud.Config())
			require.NoError(t, err)
			require.Contains(t, back.String(), "MinimumLength: 24 → 20")
			_, err = back.Apply(ctx)
			require.NoError(t, err)
		}
		plan, err := length("third", 20).Plan(ctx, cloud.Config())
		require.NoError(t, err)
		require.True(t, plan.Empty(), "where both want the same there is nothing to tell")
	})
}

// A subnet is found by its VPC and its block. One that takes another's block takes the subnet, with whatever stands in it.
func TestResourcesTakeEachOthersNames(t *testing.T) {
	for name, opts := range map[string][]ztcore.PlanOption{"": nil, "with prune": {ztcore.Prune()}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				vpc := network.VPC{Name: "main", CIDR: "10.0.0.0/16"}
				blocks := func(named map[string]string) *ztcore.Baseline {
					list := ztcore.List{vpc}
					for _, name := range slices.Sorted(maps.Keys(named)) {
						list = append(list, network.Subnet{Name: name, VPC: vpc.ID(), CIDR: named[name], Zone: fakeaws.DefaultRegion + "a"})
					}
					return ztcore.NewBaseline("home", list)
				}
				cloud := stood(t, blocks(map[string]string{"a": "10.0.1.0/24", "b": "10.0.2.0/24"}))
				ids := func() map[string]string {
					out := map[string]string{}
					found, err := ec2.NewFromConfig(cloud.Config()).DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
					require.NoError(t, err)
					for _, s := range found.Subnets {
						for _, tag := range s.Tags {
							if *tag.Key == ztcore.TagResource {
								out[*s.CidrBlock] = *s.SubnetId + " " + *tag.Value
							}
						}
					}
					return out
				}
				before := ids()
				apply := func(base *ztcore.Baseline) map[string]string {
					plan, err := base.Plan(ctx, cloud.Config(), opts...)
					require.NoError(t, err)
					_, err = plan.Apply(ctx)
					require.NoError(t, err)
					again, err := base.Plan(ctx, cloud.Config(), opts...)
					require.NoError(t, err)
					require.True(t, again.Empty(), again)
					return ids()
				}
				same := func(block, id, owner string) { require.Equal(t, strings.Fields(id)[0]+" "+owner, ids()[block]) }
				apply(blocks(map[string]string{"a": "10.0.2.0/24", "b": "10.0.1.0/24"})) // they swap
				same("10.0.1.0/24", before["10.0.1.0/24"], "network.Subnet/b")
				same("10.0.2.0/24", before["10.0.2.0/24"], "network.Subnet/a")
				after := apply(blocks(map[string]string{"a": "10.0.1.0/24", "b": "10.0.3.0/24"})) // a takes what b gives up, and b a new one
				same("10.0.1.0/24", before["10.0.1.0/24"], "network.Subnet/a")
				require.Contains(t, after["10.0.3.0/24"], "network.Subnet/b")
				if opts == nil {
					require.Len(t, after, 3, "what nobody declares any more stays")
				} else {
					require.Len(t, after, 2, "and is pruned when that is asked for, once the rest is in force")
				}
				apply(blocks(map[string]string{"c": "10.0.1.0/24", "b": "10.0.3.0/24"})) // renamed
				same("10.0.1.0/24", before["10.0.1.0/24"], "network.Subnet/c")
			})
		})
	}
}

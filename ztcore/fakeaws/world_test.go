package fakeaws_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/all"
)

func TestAForkGoesItsOwnWay(t *testing.T) {
	cloud := newCloud()
	key := createKey(t, cloud.Config())
	before := cloud.Snapshot()
	fork := cloud.Fork()
	require.Equal(t, before, fork.Snapshot())
	require.Empty(t, fork.Calls())
	_, err := kms.NewFromConfig(fork.Config()).DisableKey(ctx, &kms.DisableKeyInput{KeyId: &key})
	require.NoError(t, err)
	createKey(t, fork.Config())
	require.Equal(t, before, cloud.Snapshot(), "what is done to a fork is not done to what it comes from")
	another := cloud.Fork()
	require.Equal(t, createKey(t, cloud.Config()), createKey(t, another.Config()), "ids go on where they were")
}

func TestWatchSeesEveryChangeAsItIs(t *testing.T) {
	cloud := newCloud()
	var seen []string
	cloud.Watch(func(call fakeaws.Call, world fakeaws.World) {
		state := world.State("kms")
		require.Len(t, state, 1)
		var s struct {
			Keys map[string]struct{ Managed string }
		}
		require.NoError(t, json.Unmarshal(state["kms/123456789012/us-east-1"], &s))
		ours := 0
		for _, k := range s.Keys {
			if k.Managed == "" {
				ours++
			}
		}
		seen = append(seen, fmt.Sprint(call.Operation, " ", ours))
	})
	createKey(t, cloud.Config())
	countKeys(t, cloud.Config())
	cloud.Inject(t, &fakeaws.Fault{Operation: "CreateKey", After: fakeaws.Denied("kms:CreateKey"), Times: 1})
	_, err := kms.NewFromConfig(cloud.Config()).CreateKey(ctx, nil)
	require.Error(t, err)
	require.Equal(t, []string{"CreateKey 1", "CreateKey 2"}, seen, "not what reads, and also what was done and answered with an error")
	cloud.Watch(nil)
	createKey(t, cloud.Config())
	require.Len(t, seen, 2)
}

func TestAFaultMayDoSomething(t *testing.T) {
	cloud := newCloud()
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	var done atomic.Int32
	cloud.Inject(t, &fakeaws.Fault{Operation: "CreateKey", Times: 1, After: context.Canceled, Do: func(c fakeaws.Call) {
		require.Equal(t, "CreateKey", c.Operation)
		require.Equal(t, 1, countKeys(t, cloud.Config()), "after the effect")
		done.Add(1)
		cancel()
	}})
	_, err := kms.NewFromConfig(cloud.Config()).CreateKey(within, nil)
	require.ErrorIs(t, err, context.Canceled)
	require.EqualValues(t, 1, done.Load())
}

func TestCalmLiftsAllFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		createKey(t, cloud.Config())
		cloud.SetStaleReads(time.Hour, false)
		createKey(t, cloud.Config())
		cloud.Inject(nil, &fakeaws.Fault{Before: fakeaws.Denied("everything")})
		cloud.Calm()
		require.Equal(t, 2, countKeys(t, cloud.Config()))
	})
}

// The same in another order has the same essence; anything that is more, less or tied to something else has another.
func TestEssenceTellsWhatDiffers(t *testing.T) {
	type opts struct{ swap, again, other, wait bool }
	essence := func(o opts) (out string) {
		synctest.Test(t, func(t *testing.T) {
			cloud := all.New()
			cfg := cloud.Config()
			key := func(name string) string {
				out, err := kms.NewFromConfig(cfg).CreateKey(ctx, &kms.CreateKeyInput{Tags: []types.Tag{{TagKey: aws.String("who"), TagValue: &name}}})
				require.NoError(t, err)
				return *out.KeyMetadata.KeyId
			}
			group := func(name string) {
				c := ec2.NewFromConfig(cfg)
				vpc, err := c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), TagSpecifications: []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeVpc, Tags: []ec2types.Tag{{Key: aws.String("who"), Value: &name}}}}})
				require.NoError(t, err)
				_, err = c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: vpc.Vpc.VpcId, GroupName: &name, Description: &name})
				require.NoError(t, err)
			}
			if o.wait {
				time.Sleep(time.Hour)
			}
			names := []string{"a", "b"}
			if o.swap {
				names = []string{"b", "a"}
			}
			ids := map[string]string{}
			for _, n := range names {
				ids[n] = key(n)
				group(n)
			}
			if o.again {
				key("a")
			}
			target := ids["a"]
			if o.other {
				target = ids["b"]
			}
			_, err := kms.NewFromConfig(cfg).CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/x"), TargetKeyId: &target})
			require.NoError(t, err)
			_, err = iam.NewFromConfig(cfg).CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("somebody")})
			require.NoError(t, err)
			out = cloud.Essence("who")
		})
		return out
	}
	same := essence(opts{})
	require.Equal(t, same, essence(opts{swap: true}))
	require.Equal(t, same, essence(opts{wait: true}))
	require.NotEqual(t, same, essence(opts{again: true}), "there is one more")
	require.NotEqual(t, same, essence(opts{other: true}), "the alias leads to another key")
}

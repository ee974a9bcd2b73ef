package network_test

import (
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

func caller(name string) fakeaws.Caller {
	return fakeaws.Caller{Account: fakeaws.DefaultAccount, ARN: "arn:aws:iam::" + fakeaws.DefaultAccount + ":user/" + name, UserID: "AIDA" + name}
}

// atOnce has two processes plan and apply at the same time: each has read before either writes.
func atOnce(t *testing.T, cloud *fakeaws.Cloud, r ztcore.Resource) (reports [2]*ztcore.Report, errs [2]error) {
	t.Helper()
	cloud.SetLatency(50 * time.Millisecond)
	done := make(chan int, 2)
	for i, name := range []string{"a", "b"} {
		go func() {
			plan, err := ztcore.NewBaseline("test", r).Plan(t.Context(), cloud.ConfigAs(caller(name), fakeaws.DefaultRegion))
			if err == nil {
				reports[i], err = plan.Apply(t.Context())
			}
			errs[i] = err
			done <- i
		}()
	}
	<-done
	<-done
	cloud.SetLatency(0)
	return reports, errs
}

// Each sees its own object before the other's, or the other's before its own, or a mixture; a gateway can't be attached beside another's.
func TestTwoRunsAtOnceWhereReadsLag(t *testing.T) {
	const lag = 3 * time.Second
	r := ztcore.List{vpc, a, b, network.InternetGateway{Name: "main", VPC: vpc.ID()}}
	for _, flapping := range []bool{false, true} {
		for later := time.Duration(0); later <= lag; later += lag / 6 {
			synctest.Test(t, func(t *testing.T) {
				cloud := newCloud()
				cloud.SetLatency(50 * time.Millisecond)
				time.Sleep(time.Minute)
				cloud.SetStaleReads(lag, flapping)
				done := make(chan error, 2)
				for i, name := range []string{"a", "b"} {
					go func() {
						time.Sleep(time.Duration(i) * later)
						plan, err := ztcore.NewBaseline("test", r).Plan(t.Context(), cloud.ConfigAs(caller(name), fakeaws.DefaultRegion))
						if err == nil {
							_, err = plan.Apply(t.Context())
						}
						done <- err
					}()
				}
				for range 2 {
					if err := <-done; err != nil {
						require.ErrorContains(t, err, "plan again", "later by %s, flapping %t", later, flapping)
					}
				}
				cloud.SetStaleReads(0, false)
				require.Len(t, ownVPCs(t, cloud.Config()), 1, "later by %s, flapping %t", later, flapping)
				apply(t, cloud.Config(), r)
				require.True(t, plan(t, cloud.Config(), r).Empty())
			})
		}
	}
}

func ownVPCs(t *testing.T, cfg aws.Config) (ids []string) {
	t.Helper()
	out, err := ec2.NewFromConfig(cfg).DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{Filters: []types.Filter{{Name: aws.String("tag-key"), Values: []string{ztcore.TagResource}}}})
	require.NoError(t, err)
	for _, v := range out.Vpcs {
		ids = append(ids, *v.VpcId)
	}
	return ids
}

// lose has AWS's answers to a process's creates of VPCs get lost.
func lose(cloud *fakeaws.Cloud, t *testing.T, name string) {
	cloud.Inject(t, &fakeaws.Fault{Operation: "CreateVpc", After: fakeaws.Lost(), Match: func(c fakeaws.Call) bool { return c.Caller == caller(name) }})
}

func TestTwoRunsAtOnceMakeOneVPC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		reports, errs := atOnce(t, cloud, ztcore.List{vpc, a, b})
		require.NoError(t, errs[0])
		require.NoError(t, errs[1])
		left := ownVPCs(t, cloud.Config())
		require.Len(t, left, 1)
		notes := append(reports[0].Outcomes[0].Notes, reports[1].Outcomes[0].Notes...)
		require.Len(t, notes, 1, "one of them has yielded")
		require.Contains(t, notes[0], "another run was making it at the same time: this one has removed its own, vpc-")
		require.Contains(t, notes[0], "and goes on with "+left[0])
		require.True(t, plan(t, cloud.Config(), ztcore.List{vpc, a, b}).Empty())
	})
}

// One that does not know what it has made removes nothing; the other does.
func TestTheOneThatKnowsWhatItHasMadeYields(t *testing.T) {
	for _, name := range []string{"a", "b"} { // of which one has the greater id
		synctest.Test(t, func(t *testing.T) {
			cloud := newCloud()
			lose(cloud, t, name)
			_, errs := atOnce(t, cloud, vpc)
			require.NoError(t, errs[0])
			require.NoError(t, errs[1])
			require.Len(t, ownVPCs(t, cloud.Config()), 1)
		})
	}
}

func TestTwinsThatNobodyKnowsAreLeftAndNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		lose(cloud, t, "a")
		lose(cloud, t, "b")
		_, errs := atOnce(t, cloud, vpc)
		left := ownVPCs(t, cloud.Config())
		require.Len(t, left, 2)
		for _, err := range errs {
			var step *ztcore.StepError
			require.ErrorAs(t, err, &step)
			require.ErrorContains(t, err, left[0])
			require.ErrorContains(t, err, left[1])
			require.ErrorContains(t, err, "delete all but one")
		}
		p := plan(t, cloud.Config(), vpc)
		require.Equal(t, ztcore.Conflict, p.Steps[0].Action)
		require.Contains(t, p.String(), left[0])
		require.Contains(t, p.String(), left[1])
	})
}

// tokened is what of a network a client token keeps from being made twice, with what it needs.
func tokened() ztcore.List {
	public := b
	public.PublicBecause = "the NAT gateway stands in it"
	gateway := network.InternetGateway{Name: "main", VPC: vpc.ID()}
	nat := network.NATGateway{Name: "main", Subnet: public.ID(), Through: gateway.ID()}
	table := network.RouteTable{Name: "private", VPC: vpc.ID(), Subnets: []id.Subnet{a.ID()}, Routes: []network.Route{{To: "0.0.0.0/0", NATGateway: nat.ID()}}}
	return ztcore.List{
		vpc, a, public, gateway, nat, table,
		network.NetworkACL{Name: "main", VPC: vpc.ID(), Subnets: []id.Subnet{a.ID()}},
		network.GatewayEndpoint{Name: "s3", VPC: vpc.ID(), Service: "s3", RouteTables: []id.RouteTable{table.ID()}},
		network.InterfaceEndpoint{Name: "ssm", VPC: vpc.ID(), Service: "ssm", Subnets: []id.Subnet{a.ID()}, FromCIDRs: []string{"10.0.0.0/16"}},
	}
}

func TestEveryProcessSendsTheSameToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		apply(t, cloud.Config(), tokened()[:4])
		cloud.ResetCalls()
		_, errs := atOnce(t, cloud, tokened())
		require.NoError(t, errs[0])
		require.NoError(t, errs[1])
		sent := map[string]map[string]bool{} // by operation and token: who
		for _, c := range cloud.Writes() {
			if f := reflect.ValueOf(c.Input).Elem().FieldByName("ClientToken"); f.IsValid() && !f.IsNil() {
				sent[c.Operation] = map[string]bool{}
			}
		}
		for _, c := range cloud.Writes() {
			if tokens, ok := sent[c.Operation]; ok {
				tokens[reflect.ValueOf(c.Input).Elem().FieldByName("ClientToken").Elem().String()] = true
			}
		}
		require.Len(t, sent["CreateRouteTable"], 1)
		require.Len(t, sent["CreateNetworkAcl"], 1)
		require.Len(t, sent["CreateNatGateway"], 1)
		require.Len(t, sent["CreateVpcEndpoint"], 2)
		for _, c := range cloud.Writes() {
			require.NotContains(t, []string{"DeleteRouteTable", "DeleteNetworkAcl", "DeleteNatGateway", "DeleteVpcEndpoints"}, c.Operation, "there was nothing to yield")
		}
	})
}

// What was made, removed and is made again, all within minutes, comes to stand, though AWS answers its token with what is gone.
func TestATokenOfWhatIsGoneIsNotTheEnd(t *testing.T) {
	for name, remove := range map[string]func(t *testing.T, cfg aws.Config){
		"route table": func(t *testing.T, cfg aws.Config) {
			c, table := ec2.NewFromConfig(cfg), mustByName(t, cfg, types.ResourceTypeRouteTable, "private")
			out, err := c.DescribeRouteTables(t.Context(), &ec2.DescribeRouteTablesInput{RouteTableIds: []string{table}})
			require.NoError(t, err)
			for _, x := range out.RouteTables[0].Associations {
				_, err := c.DisassociateRouteTable(t.Context(), &ec2.DisassociateRouteTableInput{AssociationId: x.RouteTableAssociationId})
				require.NoError(t, err)
			}
			endpoint := mustByName(t, cfg, types.ResourceTypeVpcEndpoint, "s3")
			_, err = c.DeleteVpcEndpoints(t.Context(), &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{endpoint}})
			require.NoError(t, err)
			_, err = c.DeleteRouteTable(t.Context(), &ec2.DeleteRouteTableInput{RouteTableId: &table})
			require.NoError(t, err)
		},
		"interface endpoint": func(t *testing.T, cfg aws.Config) {
			_, err := ec2.NewFromConfig(cfg).DeleteVpcEndpoints(t.Context(), &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{mustByName(t, cfg, types.ResourceTypeVpcEndpoint, "ssm")}})
			require.NoError(t, err)
		},
		"NAT gateway": func(t *testing.T, cfg aws.Config) {
			nat := mustByName(t, cfg, types.ResourceTypeNatgateway, "main")
			_, err := ec2.NewFromConfig(cfg).DeleteNatGateway(t.Context(), &ec2.DeleteNatGatewayInput{NatGatewayId: &nat})
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := newCloud()
				cfg := cloud.Config()
				apply(t, cfg, tokened())
				for range 2 { // the second time two tokens are spent
					remove(t, cfg)
					started := time.Now()
					apply(t, cfg, tokened())
					require.Less(t, time.Since(started), 3*time.Minute)
					require.True(t, plan(t, cfg, tokened()).Empty())
				}
			})
		})
	}
}

func TestADestroyedNetworkIsMadeAgainAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := newCloud().Config()
		apply(t, cfg, tokened())
		apply(t, cfg, tokened(), ztcore.Destroy(), ztcore.AllowDelete("network.VPC/main"))
		apply(t, cfg, tokened())
		require.True(t, plan(t, cfg, tokened()).Empty())
	})
}

// Another run takes the default VPC apart at the same time.
func TestADefaultGatewayThatIsGoneMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		cloud.Inject(t, &fakeaws.Fault{Operation: "CreateTags", Before: fakeaws.Error("InvalidInternetGatewayID.NotFound", "The internetGateway ID does not exist"), Times: 1})
		apply(t, cloud.Config(), network.DefaultVPC{})
		require.True(t, plan(t, cloud.Config(), network.DefaultVPC{}).Empty())
	})
}

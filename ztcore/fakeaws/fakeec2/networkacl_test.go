package fakeec2_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
)

func (w *world) acl(vpc string) string {
	w.t.Helper()
	out, err := w.CreateNetworkAcl(ctx, &ec2.CreateNetworkAclInput{VpcId: &vpc})
	require.NoError(w.t, err)
	return *out.NetworkAcl.NetworkAclId
}

func (w *world) describeACL(id string) types.NetworkAcl {
	w.t.Helper()
	out, err := w.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{NetworkAclIds: []string{id}})
	require.NoError(w.t, err)
	return out.NetworkAcls[0]
}

func TestNewNetworkACLDeniesEverything(t *testing.T) {
	w := newWorld(t)
	a := w.describeACL(w.acl(w.vpc("10.0.0.0/16")))
	require.False(t, *a.IsDefault)
	require.Len(t, a.Entries, 2)
	for _, e := range a.Entries {
		require.Equal(t, types.RuleActionDeny, e.RuleAction)
		require.Equal(t, int32(32767), *e.RuleNumber)
	}
}

func TestNetworkACLEntries(t *testing.T) {
	w := newWorld(t)
	v := w.vpc("10.0.0.0/16")
	id := w.acl(v)
	in := ec2.CreateNetworkAclEntryInput{
		NetworkAclId: &id, Egress: aws.Bool(false), RuleNumber: aws.Int32(200), RuleAction: "allow", Protocol: aws.String("tcp"),
		CidrBlock: aws.String("10.1.2.3/16"), PortRange: &types.PortRange{From: aws.Int32(443), To: aws.Int32(443)},
	}
	create := func(change func(*ec2.CreateNetworkAclEntryInput)) error {
		x := in
		change(&x)
		_, err := w.CreateNetworkAclEntry(ctx, &x)
		return err
	}
	require.NoError(t, create(func(*ec2.CreateNetworkAclEntryInput) {}))
	require.NoError(t, create(func(x *ec2.CreateNetworkAclEntryInput) { x.RuleNumber = aws.Int32(100) }))
	require.NoError(t, create(func(x *ec2.CreateNetworkAclEntryInput) { x.Egress = aws.Bool(true) }), "each direction has its own numbers")
	entries := w.describeACL(id).Entries
	require.Len(t, entries, 5)
	require.True(t, *entries[0].Egress)
	require.Equal(t, int32(100), *entries[2].RuleNumber)
	require.Equal(t, "6", *entries[3].Protocol, "protocols are numbers")
	require.Equal(t, "10.1.0.0/16", *entries[3].CidrBlock)

	for name, c := range map[string]struct {
		err  error
		code string // of "Error codes for the Amazon EC2 API"
	}{
		"a number in use":   {create(func(*ec2.CreateNetworkAclEntryInput) {}), "NetworkAclEntryAlreadyExists"},
		"AWS's own number":  {create(func(x *ec2.CreateNetworkAclEntryInput) { x.RuleNumber = aws.Int32(32767) }), "InvalidParameterValue"},
		"no ports":          {create(func(x *ec2.CreateNetworkAclEntryInput) { x.RuleNumber, x.PortRange = aws.Int32(1), nil }), "MissingParameter"},
		"no ICMP type":      {create(func(x *ec2.CreateNetworkAclEntryInput) { x.RuleNumber, x.Protocol = aws.Int32(1), aws.String("1") }), "MissingParameter"},
		"no network":        {create(func(x *ec2.CreateNetworkAclEntryInput) { x.RuleNumber, x.CidrBlock = aws.Int32(1), nil }), "InvalidParameterCombination"},
		"a bad network":     {create(func(x *ec2.CreateNetworkAclEntryInput) { x.RuleNumber, x.CidrBlock = aws.Int32(1), aws.String("x") }), "InvalidParameterValue"},
		"an unknown action": {create(func(x *ec2.CreateNetworkAclEntryInput) { x.RuleNumber, x.RuleAction = aws.Int32(1), "log" }), "InvalidParameterValue"},
		"deleting nothing": {second(w.DeleteNetworkAclEntry(ctx, &ec2.DeleteNetworkAclEntryInput{NetworkAclId: &id, Egress: aws.Bool(true), RuleNumber: aws.Int32(7)})),
			"InvalidNetworkAclEntry.NotFound"},
		"replacing nothing": {second(w.ReplaceNetworkAclEntry(ctx, &ec2.ReplaceNetworkAclEntryInput{NetworkAclId: &id, Egress: aws.Bool(true), RuleNumber: aws.Int32(7),
			RuleAction: "deny", Protocol: aws.String("-1"), CidrBlock: aws.String("0.0.0.0/0")})), "InvalidNetworkAclEntry.NotFound"},
	} {
		t.Run(name, func(t *testing.T) { requireCode(t, c.err, c.code) })
	}

	_, err := w.ReplaceNetworkAclEntry(ctx, &ec2.ReplaceNetworkAclEntryInput{NetworkAclId: &id, Egress: aws.Bool(true), RuleNumber: aws.Int32(200),
		RuleAction: "deny", Protocol: aws.String("-1"), CidrBlock: aws.String("0.0.0.0/0")})
	require.NoError(t, err)
	require.Nil(t, w.describeACL(id).Entries[0].PortRange)
	_, err = w.DeleteNetworkAclEntry(ctx, &ec2.DeleteNetworkAclEntryInput{NetworkAclId: &id, Egress: aws.Bool(true), RuleNumber: aws.Int32(200)})
	require.NoError(t, err)
	require.Len(t, w.describeACL(id).Entries, 4)

	fakeec2.Of(w.cloud).SetLimits(fakeec2.Limits{EntriesPerACL: 2})
	requireCode(t, create(func(x *ec2.CreateNetworkAclEntryInput) { x.RuleNumber = aws.Int32(300) }), "NetworkAclEntryLimitExceeded")
}

func TestSubnetsMoveBetweenNetworkACLs(t *testing.T) {
	w := newWorld(t)
	v := w.vpc("10.0.0.0/16")
	n := w.subnet(v, "10.0.1.0/24", "us-east-1a")
	found, err := w.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: filter("association.subnet-id", n)})
	require.NoError(t, err)
	def := found.NetworkAcls[0]
	require.True(t, *def.IsDefault, "a subnet starts under the default ACL")
	own := w.acl(v)
	moved, err := w.ReplaceNetworkAclAssociation(ctx, &ec2.ReplaceNetworkAclAssociationInput{AssociationId: def.Associations[0].NetworkAclAssociationId, NetworkAclId: &own})
	require.NoError(t, err)
	require.Equal(t, *moved.NewAssociationId, *w.describeACL(own).Associations[0].NetworkAclAssociationId)

	_, err = w.DeleteNetworkAcl(ctx, &ec2.DeleteNetworkAclInput{NetworkAclId: &own})
	requireCode(t, err, "DependencyViolation")
	_, err = w.DeleteNetworkAcl(ctx, &ec2.DeleteNetworkAclInput{NetworkAclId: def.NetworkAclId})
	requireCode(t, err, "InvalidParameterValue")
	far := w.acl(w.vpc("10.1.0.0/16"))
	_, err = w.ReplaceNetworkAclAssociation(ctx, &ec2.ReplaceNetworkAclAssociationInput{AssociationId: moved.NewAssociationId, NetworkAclId: &far})
	requireCode(t, err, "InvalidParameterValue")
	_, err = w.ReplaceNetworkAclAssociation(ctx, &ec2.ReplaceNetworkAclAssociationInput{AssociationId: aws.String("aclassoc-0123456789abcdef0"), NetworkAclId: &own})
	requireCode(t, err, "InvalidAssociationID.NotFound")
}

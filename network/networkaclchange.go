package network

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// aclChange brings the entries of one direction of an ACL from one list to another.
type aclChange struct {
	*ztcore.Scope
	acl       string
	now, want []aclEntry
}

// Refusals of EC2.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
const (
	aclFull     = "NetworkAclEntryLimitExceeded"
	entryExists = "NetworkAclEntryAlreadyExists"
	noSuchEntry = "InvalidNetworkAclEntry.NotFound"
)

// outright takes the fewest calls, in any order.
func (c *aclChange) outright(ctx context.Context) error {
	return c.do(ctx, stepsBetween(c.now, c.want))
}

// guarded goes a way that neither opens nor cuts off anything. An ACL may have no room for that: then some of what is admitted before
// and after is kept out for moments, and still nothing is let in.
func (c *aclChange) guarded(ctx context.Context) error {
	o := orderOf(c.now, c.want)
	steps, ok := o.direct(false)
	if !ok {
		steps, ok = o.twice()
	}
	if ok {
		if err := c.do(ctx, steps); !refusedWith(err, aclFull) {
			return err
		}
	}
	ztcore.Remark(ctx, fmt.Sprintf("%s has no room for the old entries and the new ones at once: for moments it kept out some of what both admit", c.acl))
	if steps, ok = orderOf(c.now, c.want).direct(true); ok {
		if err := c.do(ctx, steps); !refusedWith(err, aclFull) {
			return err
		}
	}
	return c.do(ctx, orderOf(c.now, c.want).closed())
}

// do keeps now as the list that stands.
func (c *aclChange) do(ctx context.Context, steps []aclStep) error {
	for _, s := range steps {
		if err := c.send(ctx, s); err != nil {
			return err
		}
		c.now = s.apply(c.now)
	}
	return nil
}

// send takes it for done where an earlier attempt, or somebody else, has done it.
func (c *aclChange) send(ctx context.Context, s aclStep) error {
	api, in := ec2.NewFromConfig(c.Config), s.entry.request(c.acl)
	create := func() error {
		_, err := api.CreateNetworkAclEntry(ctx, in)
		return err
	}
	replace := func() error {
		_, err := api.ReplaceNetworkAclEntry(ctx, &ec2.ReplaceNetworkAclEntryInput{
			NetworkAclId: in.NetworkAclId, Egress: in.Egress, RuleNumber: in.RuleNumber, RuleAction: in.RuleAction, Protocol: in.Protocol,
			CidrBlock: in.CidrBlock, Ipv6CidrBlock: in.Ipv6CidrBlock, PortRange: in.PortRange, IcmpTypeCode: in.IcmpTypeCode,
		})
		return err
	}
	switch s.does {
	case removeEntry:
		_, err := api.DeleteNetworkAclEntry(ctx, &ec2.DeleteNetworkAclEntryInput{NetworkAclId: in.NetworkAclId, Egress: in.Egress, RuleNumber: in.RuleNumber})
		return unless(err, noSuchEntry)
	case replaceEntry:
		err := replace()
		if refusedWith(err, noSuchEntry) {
			return create()
		}
		return err
	}
	err := create()
	if refusedWith(err, entryExists) {
		return replace()
	}
	return err
}

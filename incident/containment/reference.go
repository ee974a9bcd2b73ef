package containment

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"time"
)

// ReferenceKind is how an alarm names something.
type ReferenceKind string

const (
	ByInstance     ReferenceKind = "instance"          // i-…
	ByInterface    ReferenceKind = "network-interface" // eni-…
	ByVolume       ReferenceKind = "volume"            // vol-…
	ByAddress      ReferenceKind = "address"           // a private or public IPv4 or IPv6 address
	ByAllocation   ReferenceKind = "elastic-ip"        // eipalloc-…
	ByProfile      ReferenceKind = "instance-profile"  // its ARN: stands for the role in it
	ByRole         ReferenceKind = "role"              // an ARN or a name
	ByUser         ReferenceKind = "user"              // an ARN or a name
	ByAccessKey    ReferenceKind = "access-key"        // AKIA…
	ByTemporaryKey ReferenceKind = "temporary-key"     // ASIA…; only the role it was issued for can be acted on
	ByBucket       ReferenceKind = "bucket"            // a name
)

// Reference names something that may have to be contained, as an alarm does: by id, by address, by ARN. Resolve finds what it
// stands for.
type Reference struct {
	Kind    ReferenceKind `json:"kind"`
	Value   string        `json:"value"`
	Account string        `json:"account,omitempty"` // "" is the account of the configuration that resolves it
	Region  string        `json:"region,omitempty"`  // "" is its region
	// VPC narrows a private address down, since VPCs may overlap.
	VPC string `json:"vpc,omitempty"`
	// At is when the alarm saw it: an address that went to another instance later is not taken for that one. Zero if not known.
	At time.Time `json:"at,omitzero"`
}

func (r Reference) String() string {
	s := string(r.Kind) + " " + r.Value
	if r.Account != "" {
		s += " in " + r.Account
	}
	return s
}

var (
	resourceID = regexp.MustCompile(`^(i|eni|vol|eipalloc)-[0-9a-f]{8,32}$`)
	accessID   = regexp.MustCompile(`^(AKIA|ASIA)[A-Z0-9]{12,124}$`)
	byPrefix   = map[string]ReferenceKind{"i": ByInstance, "eni": ByInterface, "vol": ByVolume, "eipalloc": ByAllocation}
	byARN      = map[string]map[string]ReferenceKind{
		"ec2": {"instance": ByInstance, "network-interface": ByInterface, "volume": ByVolume, "elastic-ip": ByAllocation},
		"iam": {"role": ByRole, "user": ByUser, "instance-profile": ByProfile},
		"sts": {"assumed-role": ByRole},
	}
)

// ParseReference reads what an alarm or a person gives: an instance's id, a private or public address, the id of an interface, a
// volume, an Elastic IP or an access key, or an ARN of EC2, IAM, STS or S3.
func ParseReference(text string) (Reference, error) {
	text = strings.TrimSpace(text)
	if m := resourceID.FindStringSubmatch(text); m != nil {
		return Reference{Kind: byPrefix[m[1]], Value: text}, nil
	}
	if m := accessID.FindStringSubmatch(text); m != nil {
		return keyReference(text), nil
	}
	if ip, err := netip.ParseAddr(text); err == nil {
		return Reference{Kind: ByAddress, Value: ip.Unmap().String()}, nil
	}
	if strings.HasPrefix(text, "arn:") {
		return parseARN(text)
	}
	return Reference{}, fmt.Errorf("%q names nothing that can be contained: it is no id of an instance, interface, volume, address or access key, no IP address and no ARN", text)
}

func keyReference(id string) Reference {
	if strings.HasPrefix(id, "ASIA") {
		return Reference{Kind: ByTemporaryKey, Value: id}
	}
	return Reference{Kind: ByAccessKey, Value: id}
}

// parseARN reads an ARN. A session of a role stands for the role; its path is not in the session's ARN, so the name is kept.
func parseARN(text string) (Reference, error) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || parts[2] == "" || parts[5] == "" {
		return Reference{}, fmt.Errorf("%q is no ARN", text)
	}
	service, region, account := parts[2], parts[3], parts[4]
	if service == "s3" {
		bucket, _, _ := strings.Cut(parts[5], "/")
		return Reference{Kind: ByBucket, Value: bucket, Account: account}, nil
	}
	resource, name, _ := strings.Cut(parts[5], "/")
	if service == "iam" && parts[5] == "root" {
		return Reference{}, fmt.Errorf("%s is the account's root, whom no step can contain: reset its password, deactivate its keys as root, and deny it by a service control policy", text)
	}
	kind, ok := byARN[service][resource]
	if !ok || name == "" {
		return Reference{}, fmt.Errorf("%s is of no type that can be contained", text)
	}
	r := Reference{Kind: kind, Value: name, Account: account, Region: region}
	switch {
	case service == "iam":
		r.Value = text
	case service == "sts":
		r.Value, _, _ = strings.Cut(name, "/")
	}
	return r, nil
}

package edge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// Suite is what tunnels may be encrypted with, in both phases. The zero value is StrongSuite; a vendor that can't do it gets one of its own,
// with an exception that says so in WeakerBecause.
type Suite struct {
	Encryption []string // AES256-GCM-16, AES256, AES128-GCM-16, AES128
	Integrity  []string // SHA2-512, SHA2-384, SHA2-256
	Groups     []int32  // of Diffie-Hellman: 14 to 21; 19 to 21 are of elliptic curves
	// WeakerBecause says why anything but AES-256 with a group of 3,072 bits or an elliptic curve is taken. What is broken, as SHA-1 and the
	// groups 2 and 5, is refused all the same.
	WeakerBecause string
}

// StrongSuite is AES-256 in GCM with SHA-2 and elliptic curves.
func StrongSuite() Suite {
	return Suite{Encryption: []string{"AES256-GCM-16"}, Integrity: []string{"SHA2-384", "SHA2-512"}, Groups: []int32{19, 20, 21}}
}

func (s Suite) isZero() bool { return len(s.Encryption)+len(s.Integrity)+len(s.Groups) == 0 }

// text is what a tunnel allows, by which it is compared.
func tunnelText(ike, encryption1, integrity1 []string, groups1 []int32, encryption2, integrity2 []string, groups2 []int32, log string) string {
	list := func(all []string) string {
		all = slices.Clone(all)
		slices.Sort(all)
		return strings.Join(all, " or ")
	}
	groups := func(all []int32) string {
		all = slices.Clone(all)
		slices.Sort(all)
		return strings.Trim(fmt.Sprint(all), "[]")
	}
	text := list(ike) + "; phase 1: " + list(encryption1) + ", " + list(integrity1) + ", group " + groups(groups1) + "; phase 2: " + list(encryption2) + ", " + list(integrity2) + ", group " + groups(groups2)
	if log != "" {
		text += "; logs to " + log
	}
	return text
}

func (s Suite) text(log string) string {
	return tunnelText([]string{"ikev2"}, s.Encryption, s.Integrity, s.Groups, s.Encryption, s.Integrity, s.Groups, log)
}

func seenTunnel(t types.TunnelOption) string {
	var ike, e1, i1, e2, i2 []string
	var g1, g2 []int32
	for _, v := range t.IkeVersions {
		ike = append(ike, aws.ToString(v.Value))
	}
	for _, v := range t.Phase1EncryptionAlgorithms {
		e1 = append(e1, aws.ToString(v.Value))
	}
	for _, v := range t.Phase1IntegrityAlgorithms {
		i1 = append(i1, aws.ToString(v.Value))
	}
	for _, v := range t.Phase1DHGroupNumbers {
		g1 = append(g1, aws.ToInt32(v.Value))
	}
	for _, v := range t.Phase2EncryptionAlgorithms {
		e2 = append(e2, aws.ToString(v.Value))
	}
	for _, v := range t.Phase2IntegrityAlgorithms {
		i2 = append(i2, aws.ToString(v.Value))
	}
	for _, v := range t.Phase2DHGroupNumbers {
		g2 = append(g2, aws.ToInt32(v.Value))
	}
	log := ""
	if l := t.LogOptions; l != nil && l.CloudWatchLogOptions != nil && aws.ToBool(l.CloudWatchLogOptions.LogEnabled) {
		log = aws.ToString(l.CloudWatchLogOptions.LogGroupArn)
	}
	return tunnelText(ike, e1, i1, g1, e2, i2, g2, log)
}

// options are those of a tunnel with the suite, in the form of a change; that of a new tunnel has the same fields.
func (s Suite) options(log string) types.ModifyVpnTunnelOptionsSpecification {
	o := types.ModifyVpnTunnelOptionsSpecification{IKEVersions: []types.IKEVersionsRequestListValue{{Value: aws.String("ikev2")}}}
	for _, v := range s.Encryption {
		o.Phase1EncryptionAlgorithms = append(o.Phase1EncryptionAlgorithms, types.Phase1EncryptionAlgorithmsRequestListValue{Value: &v})
		o.Phase2EncryptionAlgorithms = append(o.Phase2EncryptionAlgorithms, types.Phase2EncryptionAlgorithmsRequestListValue{Value: &v})
	}
	for _, v := range s.Integrity {
		o.Phase1IntegrityAlgorithms = append(o.Phase1IntegrityAlgorithms, types.Phase1IntegrityAlgorithmsRequestListValue{Value: &v})
		o.Phase2IntegrityAlgorithms = append(o.Phase2IntegrityAlgorithms, types.Phase2IntegrityAlgorithmsRequestListValue{Value: &v})
	}
	for _, v := range s.Groups {
		o.Phase1DHGroupNumbers = append(o.Phase1DHGroupNumbers, types.Phase1DHGroupNumbersRequestListValue{Value: &v})
		o.Phase2DHGroupNumbers = append(o.Phase2DHGroupNumbers, types.Phase2DHGroupNumbersRequestListValue{Value: &v})
	}
	logs := &types.CloudWatchLogOptionsSpecification{LogEnabled: aws.Bool(log != "")}
	if log != "" {
		logs.LogGroupArn, logs.LogOutputFormat = &log, aws.String("json")
	}
	o.LogOptions = &types.VpnTunnelLogOptionsSpecification{CloudWatchLogOptions: logs}
	return o
}

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpnTunnelOptionsSpecification.html
func (s Suite) check() []ztcore.Finding {
	var out []ztcore.Finding
	find := func(attribute, message, fix string) {
		out = append(out, ztcore.Finding{Attribute: "Suite." + attribute, Message: message, Fix: fix})
	}
	weaker := false
	for _, v := range s.Encryption {
		if !slices.Contains([]string{"AES256-GCM-16", "AES256", "AES128-GCM-16", "AES128"}, v) {
			find("Encryption", v+" is none of EC2's", "use AES256-GCM-16, or AES256")
		}
		weaker = weaker || strings.HasPrefix(v, "AES128")
	}
	for _, v := range s.Integrity {
		if !slices.Contains([]string{"SHA2-256", "SHA2-384", "SHA2-512"}, v) {
			find("Integrity", v+" is broken, or none of EC2's", "use SHA2-256, SHA2-384 or SHA2-512")
		}
	}
	for _, v := range s.Groups {
		if v < 14 || v > 21 {
			find("Groups", fmt.Sprintf("group %d is too weak, or none of EC2's", v), "use 19 to 21, or 14 to 18")
		}
		weaker = weaker || v == 14
	}
	if len(s.Encryption) == 0 || len(s.Integrity) == 0 || len(s.Groups) == 0 {
		find("Encryption", "Encryption, Integrity and Groups need each other", "set all, or none for StrongSuite")
	}
	if weaker && s.WeakerBecause == "" {
		find("WeakerBecause", "AES-128 or group 14 is taken without a reason", "say which device needs it, or leave it out")
	}
	return out
}

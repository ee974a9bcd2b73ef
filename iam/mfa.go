package iam

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// MFA is a virtual MFA device that is enabled for a user. AWS tells its seed once, when the device is made: it goes to
// Sink, and nowhere else. A device that a run left behind before it was enabled is made anew, with another seed: of
// several seeds that Sink is given for a device, the last one counts.
type MFA struct {
	Name string      // of the device, 1–226 letters, digits and _+=,.@-; usually the user's name
	User id.UserName // as User.UserName returns it, or a literal

	// Sink keeps the seed, or hands it to the user. If it fails, the device is not enabled, and removed.
	Sink func(ctx context.Context, seed MFASeed) error
	// Codes asks for two consecutive codes of the device, from whoever has got its seed. nil computes them from the seed.
	Codes func(ctx context.Context, serial string) (first, second string, err error)

	Tags map[string]string
}

// Serial is the device's serial number, its ARN, known before the device exists.
func (m MFA) Serial() id.ARN { return id.ARN(devices.Ref(m.Name, "Serial")) }

// Declare implements ztcore.Resource.
func (m MFA) Declare(d *ztcore.Declaration) {
	if m.Sink == nil {
		d.Reject(ztcore.Finding{Attribute: "MFA " + m.Name, Message: "nothing takes the seed, which AWS tells only once", Fix: "set Sink"})
	}
	devices.Declare(d, m.Name, deviceState{
		Serial: "arn:" + ztcore.Partition + ":iam::" + ztcore.AccountID + ":mfa/" + m.Name, User: m.User, Tags: m.Tags,
		Name: m.Name, Sink: m.Sink, Codes: m.Codes,
	})
}

type deviceState struct {
	Serial string            `zt:"key"`
	User   id.UserName       `zt:"immutable"` // empty while the device is nobody's
	Tags   map[string]string `zt:"tags"`

	Name  string                                                                     `zt:"-"`
	Sink  func(context.Context, MFASeed) error                                       `zt:"-"`
	Codes func(ctx context.Context, serial string) (first, second string, err error) `zt:"-"`
}

var devices = &ztcore.Kind[deviceState]{
	Name: "iam.MFA", Permissions: &devicesNeed, Read: readDevices, Create: enroll, Update: updateDevice, Delete: deleteDevice,
	Check: func(want deviceState) []ztcore.Finding {
		out := checkName(want.Name, 226)
		if want.User == "" {
			out = append(out, ztcore.Finding{Attribute: "User", Message: "the device is for nobody", Fix: "set it to User.UserName() or to a name"})
		}
		return out
	},
	Retry:    []ztcore.Retry{stillHeld, unsettled},
	Controls: []string{"CIS AWS 3.0 1.10", "FSBP IAM.19", "NIST SP 800-207 tenet 6", "CISA ZTMM Identity"},
}

var devicesNeed = ztcore.Permissions{
	Read:   []string{"iam:ListMFADeviceTags", "iam:ListVirtualMFADevices"},
	Write:  []string{"iam:CreateVirtualMFADevice", "iam:DeactivateMFADevice", "iam:DeleteVirtualMFADevice", "iam:EnableMFADevice", "iam:TagMFADevice"},
	Delete: []string{"iam:DeactivateMFADevice", "iam:DeleteVirtualMFADevice"},
}

// readDevices finds out whose the devices are from one listing, which lacks tags: these cost a call for each device
// that is asked for.
func readDevices(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[deviceState]) ([]deviceState, error) {
	c := iam.NewFromConfig(sc.Config)
	var found []*deviceState
	err := eachPage(func(marker *string) (*string, error) {
		page, err := c.ListVirtualMFADevices(ctx, &iam.ListVirtualMFADevicesInput{AssignmentStatus: types.AssignmentStatusTypeAny, MaxItems: aws.Int32(pageSize), Marker: marker})
		if err != nil {
			return nil, err
		}
		for _, d := range page.VirtualMFADevices {
			if !q.Owned && !slices.ContainsFunc(q.Want, func(w deviceState) bool { return w.Serial == *d.SerialNumber }) {
				continue
			}
			s := &deviceState{Serial: *d.SerialNumber, Tags: map[string]string{}}
			if d.User != nil {
				s.User = id.UserName(aws.ToString(d.User.UserName))
			}
			found = append(found, s)
		}
		return page.Marker, nil
	})
	if err != nil {
		return nil, err
	}
	return addTags(ctx, sc, found, func(s *deviceState) map[string]string { return s.Tags }, deviceTags(q.Want))
}

// deviceTags reads a page of a device's tags. An emulator that keeps none can't say whose a device is: there its name does.
func deviceTags(want []deviceState) func(context.Context, *ztcore.Scope, *deviceState, *string) ([]types.Tag, *string, error) {
	return func(ctx context.Context, sc *ztcore.Scope, s *deviceState, marker *string) ([]types.Tag, *string, error) {
		out, err := iam.NewFromConfig(sc.Config).ListMFADeviceTags(ctx, &iam.ListMFADeviceTagsInput{SerialNumber: &s.Serial, Marker: marker})
		if ztcore.IsUnsupported(err) {
			i := slices.IndexFunc(want, func(w deviceState) bool { return w.Serial == s.Serial })
			if i < 0 {
				return nil, nil, nil
			}
			return toTags(want[i].Tags), nil, nil
		}
		if err != nil {
			return nil, nil, err
		}
		return out.Tags, out.Marker, nil
	}
}

// seedClient makes a client that writes neither requests nor answers to the SDK's log, whatever the configuration says: they hold codes and
// the seed.
func seedClient(sc *ztcore.Scope) *iam.Client {
	return iam.NewFromConfig(sc.Config, func(o *iam.Options) {
		o.ClientLogMode &^= aws.LogRequest | aws.LogRequestWithBody | aws.LogResponse | aws.LogResponseWithBody
	})
}

// enroll makes a device, hands its seed over and proves to AWS, by two codes, that it arrived.
func enroll(ctx context.Context, sc *ztcore.Scope, want deviceState) error {
	c := seedClient(sc)
	out, err := c.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: &want.Name, Tags: toTags(want.Tags)})
	if err != nil {
		return err
	}
	seed := newSeed(out.VirtualMFADevice, string(want.User))
	if err := want.Sink(ctx, seed); err != nil {
		_, undo := c.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: &want.Serial})
		return fmt.Errorf("handing over the seed of %s: %w", want.Serial, errors.Join(err, undo))
	}
	first, second, err := want.codes(ctx, seed)
	if err != nil {
		return fmt.Errorf("getting two codes of %s: %w", want.Serial, err)
	}
	_, err = c.EnableMFADevice(ctx, &iam.EnableMFADeviceInput{UserName: (*string)(&want.User), SerialNumber: &want.Serial, AuthenticationCode1: &first, AuthenticationCode2: &second})
	return err
}

// codes are those of the last step and of the present one, so that nobody has to wait for the next.
func (s deviceState) codes(ctx context.Context, seed MFASeed) (first, second string, err error) {
	if s.Codes != nil {
		return s.Codes(ctx, s.Serial)
	}
	now := time.Now()
	if first, err = seed.Code(now.Add(-codeStep)); err != nil {
		return "", "", err
	}
	second, err = seed.Code(now)
	return first, second, err
}

// updateDevice replaces a device that nobody has got the seed of: an earlier attempt was cut off before it was enabled.
func updateDevice(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[deviceState]) error {
	if u.Changed("User") {
		if err := deleteDevice(ctx, sc, u.Have); err != nil {
			return err
		}
		return enroll(ctx, sc, u.Want)
	}
	_, err := iam.NewFromConfig(sc.Config).TagMFADevice(ctx, &iam.TagMFADeviceInput{SerialNumber: &u.Want.Serial, Tags: toTags(u.Want.Tags)})
	return err
}

// deleteDevice deactivates first: AWS does not delete what is in use.
func deleteDevice(ctx context.Context, sc *ztcore.Scope, have deviceState) error {
	c := iam.NewFromConfig(sc.Config)
	if have.User != "" {
		_, err := c.DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{UserName: (*string)(&have.User), SerialNumber: &have.Serial})
		if err := unlessAbsent(err); err != nil {
			return err
		}
	}
	_, err := c.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: &have.Serial})
	return unlessAbsent(err)
}

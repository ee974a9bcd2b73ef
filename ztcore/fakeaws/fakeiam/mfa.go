package fakeiam

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// mostDevices is how many MFA devices a user may have.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const mostDevices = 8

// mfaDevice is a virtual MFA device.
type mfaDevice struct {
	Serial  string // its ARN
	Seed    totpSeed
	User    string // key in account.Users; empty while nobody's
	Enabled time.Time
	Tags    []types.Tag
}

var codePattern = regexp.MustCompile(`^\d{6}$`)

func (s *Service) installMFA(c *fakeaws.Cloud) {
	fakeaws.On(c, s.CreateVirtualMFADevice, "VirtualMFADeviceName", "Path", "Tags")
	fakeaws.On(c, s.DeleteVirtualMFADevice, "SerialNumber")
	fakeaws.On(c, s.ListVirtualMFADevices, "AssignmentStatus", "Marker", "MaxItems")
	fakeaws.On(c, s.EnableMFADevice, "UserName", "SerialNumber", "AuthenticationCode1", "AuthenticationCode2")
	fakeaws.On(c, s.ResyncMFADevice, "UserName", "SerialNumber", "AuthenticationCode1", "AuthenticationCode2")
	fakeaws.On(c, s.DeactivateMFADevice, "UserName", "SerialNumber")
	fakeaws.On(c, s.ListMFADevices, "UserName", "Marker", "MaxItems")
	fakeaws.On(c, s.GetMFADevice, "UserName", "SerialNumber")
}

// CreateVirtualMFADevice answers the seed, this once.
func (s *Service) CreateVirtualMFADevice(ctx context.Context, in *iam.CreateVirtualMFADeviceInput, _ ...opt) (*iam.CreateVirtualMFADeviceOutput, error) {
	a := s.in(ctx)
	if err := checkName("virtualMFADeviceName", in.VirtualMFADeviceName, longestMFAName); err != nil {
		return nil, err
	}
	path, err := checkPath(in.Path)
	if err != nil {
		return nil, err
	}
	tags, err := retag(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	d := &mfaDevice{Serial: arn(ctx, "mfa", path, *in.VirtualMFADeviceName), Seed: s.newSeed(), Tags: tags}
	if a.MFA.get(d.Serial) != nil {
		return nil, alreadyExists("MFADevice entity at the same path and name already exists.")
	}
	a.MFA.put(d.Serial, d)
	return &iam.CreateVirtualMFADeviceOutput{VirtualMFADevice: &types.VirtualMFADevice{
		SerialNumber: aws.String(d.Serial), Base32StringSeed: []byte(d.Seed), QRCodePNG: blankPNG(), Tags: copiedTags(tags),
	}}, nil
}

// DeleteVirtualMFADevice refuses a device that somebody uses.
func (s *Service) DeleteVirtualMFADevice(ctx context.Context, in *iam.DeleteVirtualMFADeviceInput, _ ...opt) (*iam.DeleteVirtualMFADeviceOutput, error) {
	a := s.in(ctx)
	d, err := a.device(in.SerialNumber)
	if err != nil {
		return nil, err
	}
	if d.User != "" {
		return nil, deleteConflict("MFA VirtualDevice is in use. Must deactivate first.")
	}
	a.MFA.remove(d.Serial)
	return &iam.DeleteVirtualMFADeviceOutput{}, nil
}

// ListVirtualMFADevices answers no seeds.
func (s *Service) ListVirtualMFADevices(ctx context.Context, in *iam.ListVirtualMFADevicesInput, _ ...opt) (*iam.ListVirtualMFADevicesOutput, error) {
	a := s.in(ctx)
	if in.AssignmentStatus != "" && !slices.Contains(in.AssignmentStatus.Values(), in.AssignmentStatus) {
		return nil, invalid("1 validation error detected: Value '%s' at 'assignmentStatus' failed to satisfy constraint: Member must satisfy enum value set: [Unassigned, Any, Assigned]", in.AssignmentStatus)
	}
	found := slices.DeleteFunc(a.MFA.all(), func(d *mfaDevice) bool {
		return in.AssignmentStatus == types.AssignmentStatusTypeAssigned && d.User == "" ||
			in.AssignmentStatus == types.AssignmentStatusTypeUnassigned && d.User != ""
	})
	some, more, next, err := page(ctx, found, in.Marker, in.MaxItems)
	infos := each(some, func(d *mfaDevice) types.VirtualMFADevice {
		out := types.VirtualMFADevice{SerialNumber: aws.String(d.Serial)}
		if u := a.Users.get(d.User); u != nil {
			info := userInfo(u)
			out.User, out.EnableDate = &info, aws.Time(d.Enabled)
		}
		return out
	})
	return &iam.ListVirtualMFADevicesOutput{VirtualMFADevices: infos, IsTruncated: more, Marker: next}, err
}

// EnableMFADevice gives a device to a user who proves to hold it by two consecutive codes.
func (s *Service) EnableMFADevice(ctx context.Context, in *iam.EnableMFADeviceInput, _ ...opt) (*iam.EnableMFADeviceOutput, error) {
	a := s.in(ctx)
	u, err := a.user(in.UserName)
	if err != nil {
		return nil, err
	}
	d, err := a.device(in.SerialNumber)
	if err != nil {
		return nil, err
	}
	if d.User != "" {
		return nil, alreadyExists("MFADevice is already in use.")
	}
	if len(a.devicesOf(u)) >= mostDevices {
		return nil, limitExceeded("Cannot exceed quota for MFADevicesPerUser: %d", mostDevices)
	}
	if err := d.prove(in.AuthenticationCode1, in.AuthenticationCode2); err != nil {
		return nil, err
	}
	d.User, d.Enabled = key(u.Entity.Name), now()
	return &iam.EnableMFADeviceOutput{}, nil
}

// ResyncMFADevice checks two consecutive codes of a device in use.
func (s *Service) ResyncMFADevice(ctx context.Context, in *iam.ResyncMFADeviceInput, _ ...opt) (*iam.ResyncMFADeviceOutput, error) {
	d, err := s.deviceOf(ctx, in.UserName, in.SerialNumber)
	if err != nil {
		return nil, err
	}
	return &iam.ResyncMFADeviceOutput{}, d.prove(in.AuthenticationCode1, in.AuthenticationCode2)
}

// DeactivateMFADevice takes a device from its user. The device stays.
func (s *Service) DeactivateMFADevice(ctx context.Context, in *iam.DeactivateMFADeviceInput, _ ...opt) (*iam.DeactivateMFADeviceOutput, error) {
	d, err := s.deviceOf(ctx, in.UserName, in.SerialNumber)
	if err != nil {
		return nil, err
	}
	d.User, d.Enabled = "", time.Time{}
	return &iam.DeactivateMFADeviceOutput{}, nil
}

// ListMFADevices answers the devices of a user, the caller if none is named.
func (s *Service) ListMFADevices(ctx context.Context, in *iam.ListMFADevicesInput, _ ...opt) (*iam.ListMFADevicesOutput, error) {
	u, err := s.userOrCaller(ctx, in.UserName)
	if err != nil {
		return nil, err
	}
	some, more, next, err := page(ctx, s.in(ctx).devicesOf(u), in.Marker, in.MaxItems)
	infos := each(some, func(d *mfaDevice) types.MFADevice {
		return types.MFADevice{SerialNumber: aws.String(d.Serial), EnableDate: aws.Time(d.Enabled), UserName: aws.String(u.Entity.Name)}
	})
	return &iam.ListMFADevicesOutput{MFADevices: infos, IsTruncated: more, Marker: next}, err
}

// GetMFADevice answers a device of a user.
func (s *Service) GetMFADevice(ctx context.Context, in *iam.GetMFADeviceInput, _ ...opt) (*iam.GetMFADeviceOutput, error) {
	a := s.in(ctx)
	d, err := a.device(in.SerialNumber)
	if err == nil && in.UserName != nil {
		d, err = s.deviceOf(ctx, in.UserName, in.SerialNumber)
	}
	if err != nil {
		return nil, err
	}
	out := &iam.GetMFADeviceOutput{SerialNumber: aws.String(d.Serial)}
	if u := a.Users.get(d.User); u != nil {
		out.UserName, out.EnableDate = aws.String(u.Entity.Name), aws.Time(d.Enabled)
	}
	return out, nil
}

func (a *account) device(serial *string) (*mfaDevice, error) {
	if d := a.MFA.get(aws.ToString(serial)); d != nil {
		return d, nil
	}
	return nil, noSuchEntity("VirtualMFADevice with serial number %s does not exist.", aws.ToString(serial))
}

// deviceOf is a device that a user has enabled.
func (s *Service) deviceOf(ctx context.Context, name, serial *string) (*mfaDevice, error) {
	u, err := s.userOrCaller(ctx, name)
	if err != nil {
		return nil, err
	}
	d, err := s.in(ctx).device(serial)
	if err == nil && d.User != key(u.Entity.Name) {
		return nil, noSuchEntity("MFADevice with serial number %s is not enabled for user %s.", d.Serial, u.Entity.Name)
	}
	return d, err
}

func (a *account) devicesOf(u *user) []*mfaDevice {
	return slices.DeleteFunc(a.MFA.all(), func(d *mfaDevice) bool { return d.User != key(u.Entity.Name) })
}

func (d *mfaDevice) prove(first, second *string) error {
	for i, code := range []*string{first, second} {
		if !codePattern.MatchString(aws.ToString(code)) {
			return invalid("1 validation error detected: Value at 'authenticationCode%d' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\d]+", i+1)
		}
	}
	if !d.Seed.accepts(*first, *second, time.Now()) {
		return fakeaws.Status(http.StatusForbidden, &types.InvalidAuthenticationCodeException{Message: aws.String("Authentication code for device is not valid.")})
	}
	return nil
}

// newSeed is 64 base32 digits, as AWS's seeds are.
func (s *Service) newSeed() totpSeed {
	return totpSeed(s.cloud.UniqueID("") + s.cloud.UniqueID("") + s.cloud.UniqueID("") + s.cloud.UniqueID("")[:13])
}

// blankPNG stands for the QR code, which nobody scans here.
func blankPNG() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		panic("fakeiam: encoding an image of one pixel: " + err.Error())
	}
	return b.Bytes()
}

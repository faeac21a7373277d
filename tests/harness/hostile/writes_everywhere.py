# verdict: failed
# printed: wrote in its scratch alone
# case: softmax/matrix: the largest error is
import os
import sys
import tempfile

scratch = os.getcwd()
places = {
    os.path.dirname(os.path.abspath(__file__)),
    "/tmp",
    "/var/tmp",
    "/dev/shm",
    "/",
    "/etc",
    "/root",
    os.path.expanduser("~root"),
}
for place in [*sys.path, scratch, __file__]:
    while len(place) > 1:
        place = os.path.dirname(place)
        places.add(place)
    places.add(place)
wrote = [place for place in sorted(places | {scratch, tempfile.gettempdir()}) if place]
for place in list(wrote):
    try:
        open(os.path.join(place, "hostile-was-here"), "w").close()
    except OSError:
        wrote.remove(place)
for attempt in (os.remove, os.unlink, lambda path: open(path, "a"), lambda path: os.chmod(path, 0o777)):
    try:
        attempt(__file__)
        wrote.append(__file__)
    except OSError:
        pass
print("wrote in", "its scratch alone" if wrote == [scratch] else wrote)


def softmax(x, axis=-1, temperature=1.0):
    return x

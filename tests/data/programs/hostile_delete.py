"""Would delete everything if it were executed; builds one layer on the way."""
import os
import shutil
import subprocess
import sys

import tensorflow as tf

MARKER = "MARKER_FILE"
os.remove(MARKER)
os.system("rm -rf " + MARKER)
shutil.rmtree(os.path.dirname(os.path.abspath(MARKER)))
subprocess.call(["rm", "-rf", MARKER], shell=True)
open(MARKER, "w").write("gone")
eval("__import__('os').remove('MARKER_FILE')")
exec("import os\nos.remove('MARKER_FILE')")
__import__("os").remove(MARKER)
getattr(os, "remove")(MARKER)
x = tf.layers.dense(tf.placeholder(tf.float32, [1, 4]), 3, name="only")

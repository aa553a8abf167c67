namespace cox {}
